// Where traces enter, the commonest first; one of them is chosen.

import type { Shorten } from '../model/names'
import { duration } from '../model/time'
import { Link } from '../parts/Link'
import { count } from '../logs/words'
import { chosenHref } from './address'
import type { Entry } from './usePaths'

/** An entry slower than this at p99 is written strong, ms. */
const SLOW_MS = 2_000

interface EntriesProps {
  readonly entries: readonly Entry[]
  readonly chosen: Pick<Entry, 'service' | 'operation'> | undefined
  readonly shorten: Shorten
}

export function Entries({ entries, chosen, shorten }: EntriesProps) {
  const several = entries.some(({ service }) => service !== entries[0]?.service)
  return (
    <section className="entries scroll" aria-label="Entries">
      <div className="entry head">
        <h2>Entry</h2>
        <span className="label number">Traces</span>
        <span className="label number">p99</span>
      </div>
      <ul>
        {entries.map(({ service, operation, traces, p99Ms }) => {
          const on = service === chosen?.service && operation === chosen.operation
          return (
            <li key={`${service}\n${operation}`}>
              <Link
                className={on ? 'entry on' : 'entry'}
                aria-current={on ? 'true' : undefined}
                href={chosenHref({ service, operation, path: undefined }, location.search)}
                title={`${service} ${operation}`}
              >
                <span className="cut">
                  {several && <span className="strong">{shorten(service)} </span>}
                  <span className={several ? 'ink3' : 'ink2'}>{operation}</span>
                </span>
                <span className="number ink2">{count(traces)}</span>
                <span className={p99Ms > SLOW_MS ? 'number strong' : 'number'}>{duration(p99Ms)}</span>
              </Link>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
