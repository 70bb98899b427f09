// What opens under the range: the usual ones, two fields for any other, moving and widening, the zone.

import { useEffect, useId, useRef, useState } from 'react'
import { wallText, type Zone, zoneName } from '../../model/zone'
import { nowMs } from '../../state/now'
import { type Range, RANGES, readRange, readTime, shifted, shownTime, widened } from '../../state/range'
import type { View } from '../../state/view'

export interface RangePanelProps {
  readonly view: View
  readonly onRange: (from: string, to: string) => void
  readonly onZone: (zone: Zone) => void
}

export function RangePanel({ view, onRange, onZone }: RangePanelProps) {
  const { zone } = view
  const first = useRef<HTMLInputElement>(null)
  useEffect(() => {
    first.current?.select()
  }, [])
  const take = ({ from, to }: Range) => onRange(from, to)
  const now = nowMs()
  return (
    <div className="range-panel" role="dialog" aria-label="Time range">
      <ul>
        {RANGES.map(([from, label]) => (
          <li key={from}>
            <button type="button" aria-pressed={view.from === from && view.to === 'now'} onClick={() => onRange(from, 'now')}>
              {label}
            </button>
          </li>
        ))}
      </ul>
      <div className="any">
        <Ends key={zone} view={view} zone={zone} first={first} onRange={take} />
        <div className="row">
          <button type="button" className="tool edge" onClick={() => take(shifted(view, -1, now))}>
            Earlier <kbd>[</kbd>
          </button>
          <button type="button" className="tool edge" onClick={() => take(shifted(view, 1, now))}>
            Later <kbd>]</kbd>
          </button>
          <button type="button" className="tool edge" onClick={() => take(widened(view, now))}>
            Zoom out <kbd>z</kbd>
          </button>
        </div>
        <fieldset>
          <legend className="label">Times in</legend>
          {(['utc', 'local'] as const).map((one) => (
            <label key={one}>
              <input type="radio" name="zone" checked={zone === one} onChange={() => onZone(one)} />
              {one === 'utc' ? 'UTC' : `This browser's zone, ${zoneName(now, 'local')}`}
            </label>
          ))}
        </fieldset>
      </div>
    </div>
  )
}

interface EndsProps {
  readonly view: Range
  readonly zone: Zone
  readonly first: React.RefObject<HTMLInputElement | null>
  readonly onRange: (range: Range) => void
}

/** Two fields; what is wrong stands under the one it belongs to, once Enter was tried. */
function Ends({ view, zone, first, onRange }: EndsProps) {
  const [typed, setTyped] = useState<Range>({ from: shownTime(view.from, zone), to: shownTime(view.to, zone) })
  const [tried, setTried] = useState(false)
  const read = readRange(typed, zone, Date.now())
  const problem = tried && 'problem' in read ? read : undefined
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        setTried(true)
        if ('range' in read) onRange(read.range)
      }}
    >
      {(['from', 'to'] as const).map((end) => (
        <End
          key={end}
          label={end === 'from' ? 'From' : 'To'}
          value={typed[end]}
          zone={zone}
          problem={problem?.field === end ? problem.problem : undefined}
          input={end === 'from' ? first : undefined}
          onChange={(value) => setTyped({ ...typed, [end]: value })}
        />
      ))}
      <button type="submit" className="tool primary">
        Apply
      </button>
    </form>
  )
}

interface EndProps {
  readonly label: string
  readonly value: string
  readonly zone: Zone
  readonly problem: string | undefined
  readonly input: React.RefObject<HTMLInputElement | null> | undefined
  readonly onChange: (value: string) => void
}

function End({ label, value, zone, problem, input, onChange }: EndProps) {
  const id = useId()
  const read = readTime(value, zone, Date.now())
  const means = 'ms' in read && Math.abs(read.ms) < 8e15 ? wallText(read.ms, zone).slice(0, 19) : ''
  return (
    <div className="end">
      <label htmlFor={id} className="label">
        {label}
      </label>
      <input
        ref={input}
        id={id}
        className="field"
        autoComplete="off"
        spellCheck={false}
        value={value}
        aria-invalid={problem !== undefined}
        aria-describedby={`${id}-said`}
        onChange={(event) => onChange(event.target.value)}
      />
      <p id={`${id}-said`} className={problem === undefined ? 'label' : 'label bad'} role={problem && 'alert'}>
        {problem ?? (means === '' ? 'As in -90m, now, 2026-11-21 04:06' : means)}
      </p>
    </div>
  )
}
