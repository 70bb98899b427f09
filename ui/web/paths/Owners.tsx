// Who owns the time of a path: of all its traces (pale) and of its slowest ones (ink), on one scale.

import type { Shorten } from '../model/names'
import { percent } from '../model/percent'
import { duration } from '../model/time'
import { Link } from '../parts/Link'
import { count } from '../logs/words'
import { type Chosen, tracesHref } from './address'
import { ownersOf, type Path } from './words'

const OWNERS_SHOWN = 12

export function Owners({ path, entry, shorten }: { path: Path; entry: Pick<Chosen, 'service' | 'operation'>; shorten: Shorten }) {
  const owners = ownersOf(path.critical)
  const shown = owners.slice(0, OWNERS_SHOWN)
  const most = Math.max(...shown.map(({ share, shareTail }) => Math.max(share, shareTail)), Number.MIN_VALUE)
  return (
    <section className="owners scroll" aria-label="Who owns the time">
      <div className="row">
        <h2 className="grow">Who owns the time</h2>
        <span className="label row">
          <i className="key all" /> all, p50 {duration(path.p50Ms)}
          <i className="key tail" /> slowest, p99 {duration(path.p99Ms)}
        </span>
      </div>
      <ul>
        {shown.map(({ service, share, shareTail }) => (
          <li key={service} className="owner">
            <span className="cut strong" title={service}>
              {shorten(service)}
            </span>
            <span className="bars" aria-hidden="true">
              <i style={{ width: `${(share / most) * 100}%` }} />
              <i className="tail" style={{ width: `${(shareTail / most) * 100}%` }} />
            </span>
            <span className="number">
              <span className="ink3">{percent(share)}</span> <span className="strong">{percent(shareTail)}</span>
            </span>
          </li>
        ))}
      </ul>
      {owners.length > shown.length && <p className="data ink3">and {owners.length - shown.length} more</p>}
      <p className="data ink2">
        Critical path only: time in which nothing else was waited for. Over {count(path.count)} traces.{' '}
        <Link className="act" href={tracesHref(entry, location.search)}>
          Show the slow ones
        </Link>
      </p>
    </section>
  )
}
