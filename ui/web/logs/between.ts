// What stands between the records: each gap where its lines would be, the place up to which all is here,
// and what the list ends with. Pure.

import type { Coverage } from '../model/coverage'
import { clockIn, type Zone } from '../model/zone'
import type { Nanos } from '../model/time'
import type { Between } from './lines'
import { completeSentence, gapSentence } from './words'

export interface Ends {
  /** Of the range, or of the rows that are shown. */
  readonly first: Nanos
  readonly last: Nanos
  /** What the newest end says; nothing when the list just ends. */
  readonly words: string | undefined
}

export function betweenOf(coverage: Coverage, { first, last, words }: Ends, order: 'oldest' | 'newest', zone: Zone): readonly Between[] {
  const inside = (at: Nanos) => at >= first && at < last
  const found = coverage.gaps
    .filter(({ at }) => inside(at))
    .map((gap): Between => ({ at: gap.at, kind: 'gap', id: `gap ${gap.source}:${gap.from}`, text: gapSentence(gap) }))
  const to = coverage.completeTo
  if (to !== undefined && inside(to) && !coverage.complete) {
    found.push({ at: to, kind: 'mark', id: 'complete', text: completeSentence(coverage, to, order, zone) })
  }
  if (words !== undefined) found.push({ at: undefined, kind: 'mark', id: 'end', text: words })
  return found
}

/** Where the list ends in time. */
export function endWords(to: string, now: Nanos, zone: Zone): string {
  return to === 'now' ? `Now, ${clockIn(now, zone).slice(0, 8)}` : 'End of the range'
}
