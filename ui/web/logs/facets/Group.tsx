// One field: its name, its values with their counts, and more of them when asked.

import { useState } from 'react'
import type { ValueSeen } from '../../api/client'
import { FACET_VALUES_MAX } from '../../model/limits'
import { seen } from '../../model/message'
import type { Shorten } from '../../model/names'
import { tight } from '../chart/words'
import { capital, count } from '../words'
import { type FacetValue, SEVERITIES, SEVERITY, toggled, valuesOf } from './facets'

export interface GroupProps {
  readonly field: string
  readonly q: string
  readonly values: readonly ValueSeen[] | undefined
  readonly phase: 'loading' | 'ready' | 'failed'
  /** How many values stand there until more are asked for. */
  readonly shown: number
  readonly shorten: Shorten | undefined
  readonly onQuery: (q: string) => void
}

const OWN_FIELDS = ['severity', 'component', 'node', 'stream', 'instance', 'version', 'zone']

export function Group({ field, q, values: counted, phase, shown, shorten, onQuery }: GroupProps) {
  const [all, setAll] = useState(false)
  const values = valuesOf(q, field, counted ?? [])
  if (phase === 'ready' && values.length === 0) return null
  const most = values.reduce((max, { count: n }) => Math.max(max, n ?? 0), 1)
  const short = values.filter((value, i) => all || i < shown || value.chosen !== undefined)
  const more = values.length - short.length
  const total = values.length > FACET_VALUES_MAX ? `${count(FACET_VALUES_MAX)}+` : count(values.length)
  return (
    <section className={phase === 'ready' ? 'group' : 'group former'} aria-label={field}>
      <h2>
        <span className="cut" title={field}>
          {OWN_FIELDS.includes(field) ? capital(field) : seen(field)}
        </span>
        {values.length > shown && <span className="label">{total}</span>}
      </h2>
      {counted === undefined && phase === 'loading' && <Skeleton />}
      {phase === 'failed' && counted === undefined && <p className="said">Not counted.</p>}
      <ul>
        {short.map((value) => (
          <Value key={value.value} field={field} value={value} most={most} q={q} shorten={shorten} onQuery={onQuery} />
        ))}
      </ul>
      {(more > 0 || all) && (
        <button type="button" className="said more" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? 'Fewer' : `${count(more)} more`}
        </button>
      )}
    </section>
  )
}

interface ValueProps extends Pick<GroupProps, 'field' | 'q' | 'shorten' | 'onQuery'> {
  readonly value: FacetValue
  readonly most: number
}

function Value({ field, value: { value, count: n, chosen }, most, q, shorten, onQuery }: ValueProps) {
  const only = () => onQuery(toggled(q, field, value, false))
  const without = () => onQuery(toggled(q, field, value, true))
  const severity = field === SEVERITY && SEVERITIES.includes(value)
  const lines = n === undefined ? 'no lines' : n === 1 ? '1 line' : `${count(n)} lines`
  return (
    <li
      className={chosen === undefined ? 'value' : `value ${chosen}`}
      onKeyDown={(event) => {
        if (event.key !== '+' && event.key !== '-') return
        event.preventDefault()
        if (event.key === '+') only()
        else without()
      }}
    >
      <i className={severity ? `square ${value}` : ''} />
      <button
        type="button"
        className="cut name"
        aria-pressed={chosen !== undefined}
        aria-label={`${value === '' ? 'empty' : value}, ${lines}${chosen === 'without' ? ', kept out' : ''}`}
        title={`${value}: ${lines}. Alt and a click keep it out.`}
        onClick={(event) => (event.altKey ? without() : only())}
      >
        {value === '' ? <span className="ink3">empty</span> : seen(shorten?.(value) ?? value)}
      </button>
      <span className="meter" aria-hidden="true">
        <i style={{ width: `${((n ?? 0) / most) * 100}%` }} />
      </span>
      <span className="count" aria-hidden="true">
        {n === undefined ? '' : tight(n)}
      </span>
      <span className="pm">
        <button type="button" tabIndex={-1} title="Only this: +" aria-label={`Only ${value}`} onClick={only}>
          +
        </button>
        <button type="button" tabIndex={-1} title="Without this: -" aria-label={`Without ${value}`} onClick={without}>
          −
        </button>
      </span>
    </li>
  )
}

/** On the grid of what will stand there. */
function Skeleton() {
  return (
    <div className="bones" aria-hidden="true">
      <i />
      <i />
      <i />
    </div>
  )
}
