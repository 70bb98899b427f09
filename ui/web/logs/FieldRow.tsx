// A field of a record: a click on its value asks for only that value, Alt and a click for all but it; the
// keys + and − do the same for the field that has the focus. A click on the time looks around it.

import type { KeyboardEvent } from 'react'
import { AROUND_TIME_MS } from '../model/limits'
import { withTerm } from '../model/terms'
import { seen } from '../model/message'
import { type Nanos, rfc3339Nanos } from '../model/time'
import { CopyButton } from '../parts/copy'
import { Link } from '../parts/Link'
import { changeView } from '../state/useView'
import type { Field } from './fields'

export interface FieldRowProps {
  readonly field: Field
  readonly q: string
  /** Where the trace is that this field names. */
  readonly trace?: string | undefined
}

export function FieldRow({ field, q, trace }: FieldRowProps) {
  const filter = (not: boolean) => changeView({ q: withTerm(q, field.name, field.value, not) })
  const onKeyDown = (event: KeyboardEvent) => {
    if (!field.filters || !['+', '-', '−'].includes(event.key)) return
    event.preventDefault()
    filter(event.key !== '+')
  }
  return (
    <div>
      <dt className="cut" title={field.name}>
        {seen(field.name)}
      </dt>
      <dd onKeyDown={onKeyDown}>
        <Value field={field} onFilter={filter} />
        {field.note !== undefined && <span className="ink3 note">{field.note}</span>}
        <span className="acts">
          {trace !== undefined && <Link href={trace}>Trace</Link>}
          {field.filters && (
            <>
              <button type="button" title="Only this: +" aria-label={`Only ${field.name} ${field.shown}`} onClick={() => filter(false)}>
                +
              </button>
              <button type="button" title="Without this: −" aria-label={`Without ${field.name} ${field.shown}`} onClick={() => filter(true)}>
                −
              </button>
            </>
          )}
          <CopyButton className="" text={field.value}>
            Copy
          </CopyButton>
        </span>
      </dd>
    </div>
  )
}

function Value({ field, onFilter }: { field: Field; onFilter: (not: boolean) => void }) {
  const { at } = field
  if (at !== undefined) {
    return (
      <button type="button" className="cut value" title="Show the minute around it" onClick={() => lookAround(at)}>
        {field.shown}
      </button>
    )
  }
  if (!field.filters) {
    return (
      <span className="cut value" title={field.shown}>
        {field.shown}
      </span>
    )
  }
  return (
    <button type="button" className="cut value" title={`${field.shown}\nClick: only this. Alt: without it.`} onClick={(event) => onFilter(event.altKey)}>
      {field.shown}
    </button>
  )
}

function lookAround(at: Nanos): void {
  const half = BigInt(AROUND_TIME_MS) * 1_000_000n
  changeView({ from: rfc3339Nanos((at - half) as Nanos), to: rfc3339Nanos((at + half) as Nanos), tail: false })
}
