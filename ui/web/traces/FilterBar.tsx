// What the traces are narrowed by: all of it stands in the address, so that Back undoes it.

import { useEffect, useState } from 'react'
import { seen } from '../model/message'
import { changeBesides } from '../state/useView'
import type { Filters } from './address'
import { termMs } from './scatter'
import type { Names } from './useNames'

/** Whatever is filtered anew is another answer: nothing of the former is chosen in it. */
export function filter(change: Readonly<Record<string, string | undefined>>): void {
  changeBesides({ ...change, band: undefined }, { brush: undefined })
}

export function FilterBar({ filters, names }: { filters: Filters; names: Names }) {
  const { service, operation, min_duration, max_duration, error, order } = filters
  const any = service !== '' || min_duration !== '' || max_duration !== '' || error
  return (
    <div className="filters data" role="group" aria-label="Filters">
      <Choice label="Service" none="Any service" chosen={service} offered={names.services} onChoose={(name) => filter({ service: name, operation: undefined })} />
      <Choice label="Operation" none="Any operation" chosen={operation} offered={names.operations} disabled={service === ''} onChoose={(name) => filter({ operation: name })} />
      <span className="row between">
        <Duration label="Shortest duration" example="0 ms" value={min_duration} onValue={(value) => filter({ min_duration: value })} />
        <span className="ink3">to</span>
        <Duration label="Longest duration" example="any" value={max_duration} onValue={(value) => filter({ max_duration: value })} />
      </span>
      <button type="button" className="tool edge" aria-pressed={error} onClick={() => filter({ error: error ? undefined : 'true' })}>
        Errors only
      </button>
      <button type="button" className="tool" title="Order: o" onClick={() => filter({ order: order === 'start' ? 'duration' : undefined })}>
        {order === 'start' ? 'Newest first' : 'Slowest first'}
      </button>
      {any && (
        <button type="button" className="act" onClick={() => filter({ service: undefined, operation: undefined, min_duration: undefined, max_duration: undefined, error: undefined })}>
          Clear
        </button>
      )}
    </div>
  )
}

interface ChoiceProps {
  readonly label: string
  readonly none: string
  readonly chosen: string
  readonly offered: readonly string[]
  readonly disabled?: boolean
  readonly onChoose: (name: string | undefined) => void
}

function Choice({ label, none, chosen, offered, disabled = false, onChoose }: ChoiceProps) {
  const all = chosen === '' || offered.includes(chosen) ? offered : [chosen, ...offered]
  return (
    <select className="tool edge" aria-label={label} disabled={disabled} title={disabled ? 'Choose a service first' : undefined} value={chosen} onChange={(event) => onChoose(event.target.value || undefined)}>
      <option value="">{none}</option>
      {all.map((name) => (
        <option key={name} value={name}>
          {seen(name)}
        </option>
      ))}
    </select>
  )
}

interface DurationProps {
  readonly label: string
  readonly example: string
  readonly value: string
  readonly onValue: (value: string | undefined) => void
}

/** Taken on Enter or when one goes on; what is no duration says so and asks for nothing. */
function Duration({ label, example, value, onValue }: DurationProps) {
  const [typed, setTyped] = useState(value)
  useEffect(() => setTyped(value), [value])
  const written = typed.trim().replace(/\s+/g, '')
  const meant = /^\d+$/.test(written) ? `${written}ms` : written
  const wrong = meant !== '' && termMs(meant) === undefined
  const take = () => {
    if (!wrong && meant !== value) onValue(meant || undefined)
  }
  return (
    <input
      className="field"
      aria-label={label}
      aria-invalid={wrong}
      title={wrong ? 'Write 250ms, 1.5s or 2m' : label}
      placeholder={example}
      autoComplete="off"
      spellCheck={false}
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
      onBlur={take}
      onKeyDown={(event) => event.key === 'Enter' && take()}
    />
  )
}
