// The rows of the list with what stands between them: gaps where the lines would be, the place up to
// which the answer is complete, the way to older lines. Pure; every row has one height.

import type { LogRecord } from '../model/record'
import { clockSeconds, type Nanos } from '../model/time'
import type { View } from '../state/view'
import type { Feed } from './feed'
import { completeSentence, gapSentence } from './words'

export type ListItem =
  | { readonly kind: 'record'; readonly id: string; readonly record: LogRecord; readonly index: number }
  | { readonly kind: 'gap'; readonly id: string; readonly text: string }
  | { readonly kind: 'mark'; readonly id: string; readonly text: string }

interface Between {
  readonly at: Nanos
  readonly item: ListItem
}

/** Oldest first. What stands between rows stands before the first row that is younger than it. */
export function listItems(feed: Pick<Feed, 'rows' | 'coverage' | 'olderCursor'>, end: string): readonly ListItem[] {
  const items: ListItem[] = []
  const between = marks(feed)
  feed.rows.forEach((record, index) => {
    while (between[0] !== undefined && between[0].at < record.at) items.push(...between.splice(0, 1).map(itemOf))
    items.push({ kind: 'record', id: record.key, record, index })
  })
  items.push(...between.map(itemOf))
  if (feed.rows.length > 0) items.push({ kind: 'mark', id: 'end', text: end })
  return items
}

function itemOf(between: Between): ListItem {
  return between.item
}

/** Gaps and the mark of completeness within what is loaded, in the order of their times. */
function marks({ rows, coverage, olderCursor }: Pick<Feed, 'rows' | 'coverage' | 'olderCursor'>): Between[] {
  const first = rows[0]?.at
  const last = rows.at(-1)?.at
  const above = (at: Nanos) => olderCursor !== undefined && first !== undefined && at < first
  const found = coverage.gaps
    .filter((gap) => !above(gap.at))
    .map((gap): Between => {
      const text = gapSentence(gap, whose(rows, gap.source))
      return { at: gap.at, item: { kind: 'gap', id: `gap ${gap.source}:${gap.from}`, text } }
    })
  const to = coverage.completeTo
  const within = to !== undefined && first !== undefined && last !== undefined && to >= first && to < last
  if (within && !coverage.complete) {
    found.push({ at: to, item: { kind: 'mark', id: 'complete', text: completeSentence(coverage, to) } })
  }
  return found.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
}

function whose(rows: readonly LogRecord[], source: string): string | undefined {
  const known = rows.find((row) => row.source === source)
  return known === undefined ? undefined : `${known.component} on ${known.node}`
}

/** What the last row says: where the list ends in time. */
export function endWords({ to, tail }: Pick<View, 'to' | 'tail'>, now: Nanos): string {
  if (tail) return 'New lines appear here'
  return to === 'now' ? `Now, ${clockSeconds(now)}` : 'End of the range'
}
