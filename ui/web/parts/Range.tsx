// The time range, which stays across pages. Relative ranges are said, an absolute one is written out.

import { BEGINNING } from '../api/client'
import { changeView, useView } from '../state/useView'
import { FROM_DEFAULT, TO_DEFAULT } from '../state/view'

const CHOICES: readonly (readonly [from: string, label: string])[] = [
  ['-5m', 'Last 5 min'],
  ['-15m', 'Last 15 min'],
  [FROM_DEFAULT, 'Last 1 h'],
  ['-6h', 'Last 6 h'],
  ['-24h', 'Last 24 h'],
  ['-7d', 'Last 7 d'],
  ['-30d', 'Last 30 d'],
  [BEGINNING, 'All time'],
]
export const RANGE_ID = 'range'

export function Range({ words }: { words: string }) {
  const view = useView()
  const chosen = view.to === TO_DEFAULT ? CHOICES.find(([from]) => from === view.from) : undefined
  return (
    <>
      {chosen !== undefined && chosen[0] !== BEGINNING && <span className="wide data ink3">{words}</span>}
      <span className="tool range">
        <select
          id={RANGE_ID}
          aria-label="Time range"
          value={chosen?.[0] ?? ''}
          onChange={(event) => changeView({ from: event.target.value, to: TO_DEFAULT })}
        >
          {chosen === undefined && <option value="">{words}</option>}
          {CHOICES.map(([from, label]) => (
            <option key={from} value={from}>
              {label}
            </option>
          ))}
        </select>
        <svg width="8" height="6" viewBox="0 0 8 6" aria-hidden="true">
          <path d="M1 1l3 3 3-3" />
        </svg>
      </span>
      <span className="wide data ink3">UTC</span>
    </>
  )
}
