// Why the server did not take the query, under the column where it stopped reading.

import type { Fault } from '../../api/client'
import { capital } from '../words'
import { unitsBefore } from './completion'

export const REFUSAL_ID = 'refusal'

/** The invisible beginning of the query puts the caret under its column, whatever its letters' widths. */
export function Refusal({ q, fault, scroll }: { q: string; fault: Fault; scroll: number }) {
  const before = q.slice(0, unitsBefore(q, (fault.column ?? 1) - 1))
  const ends = /[.?!]$/.test(fault.message)
  const words = fault.hint === undefined ? fault.message : `${fault.message}${ends ? '' : '.'} ${capital(fault.hint)}`
  // Beyond the middle the words stand before their caret: behind it there would be no room.
  const late = before.length > 60
  return (
    <div className={late ? 'refusal late' : 'refusal'} id={REFUSAL_ID} role="alert">
      <span className="before" style={{ marginLeft: -scroll }} aria-hidden="true">
        {before}
      </span>
      <span className="caret" aria-hidden="true">
        ^
      </span>
      <span className="words">{words}</span>
    </div>
  )
}
