// A million lines by their times. The range is cut into stretches, each with how many lines it holds;
// from them an index gives a line, or the time at which it must be, and a line gives its index. What is
// looked at is cut finer by counting, until its lines are few enough to fetch.
//
//   counted  |--- 41,000 ---|-- 120 --|------ 2,000 -----|      an answer of the histogram
//   refined  |- 480 -|..|- 450 -|- 120 -|------ 2,000 -----|    the first one counted again
//   filled   |- 480 -|..|= 451 =|- 120 -|------ 2,000 -----|    lines fetched; the count put right
//
// - Stretches cover the range without overlap, oldest first. What was counted and what arrives may
//   differ (late lines): what arrived is right.
// - More lines than may be fetched at once in one nanosecond: the stretch is cut by cursor instead.
// - Within a stretch lines stand in the server's order.

import { bisect } from '../model/bisect'
import { LEAF_ROWS, PAGE_ROWS_MAX, ROWS_KEPT_MAX, SPLIT_BUCKETS_MAX } from '../model/limits'
import type { LogRecord } from '../model/record'
import type { Nanos } from '../model/time'

export interface Counted {
  readonly from: Nanos
  readonly to: Nanos
  readonly count: number
}

export interface Stretch extends Counted {
  /** Begins behind the line with this cursor; without one, at `from`. */
  readonly after: string | undefined
  /** Ends with the line of this cursor; without one, at `to`. */
  readonly until: string | undefined
  /** As many as `count`, when they are here. */
  readonly rows: readonly LogRecord[] | undefined
}

export interface Timeline {
  readonly stretches: readonly Stretch[]
  /** Index of the first line of each stretch, and the total at the end. */
  readonly starts: readonly number[]
}

/** What is to be asked next about a stretch. */
export type Want =
  | { readonly kind: 'count'; readonly stretch: Stretch; readonly buckets: number }
  | { readonly kind: 'rows'; readonly stretch: Stretch; readonly limit: number }

export interface RowsPage {
  readonly records: readonly LogRecord[]
  /** Where more lines begin; none when there are none. */
  readonly cursor: string | undefined
}

export function timelineOf(counts: readonly Counted[]): Timeline {
  return timelineFrom(joined(counts.map(unread)))
}

/** The same with the newest lines, oldest first, which came at once. `all`: there are no others. */
export function seeded(counts: readonly Counted[], newest: readonly LogRecord[], all: boolean): Timeline {
  const [first, last] = [counts[0], counts.at(-1)]
  const oldest = newest[0]
  if (first === undefined || last === undefined || oldest === undefined) return timelineOf(counts)
  // Of the oldest one's nanosecond not all may have come.
  const begin = all ? first.from : ((oldest.at + 1n) as Nanos)
  const rows = newest.filter(({ at }) => at >= begin && at < last.to)
  if (rows.length === 0 || begin >= last.to) return timelineOf(counts)
  const before = counts.flatMap((counted) => {
    if (counted.from >= begin) return []
    if (counted.to <= begin) return [counted]
    const behind = rows.filter(({ at }) => at < counted.to).length
    return [{ from: counted.from, to: begin, count: Math.max(0, counted.count - behind) }]
  })
  const here: Stretch = { ...unread({ from: begin, to: last.to, count: rows.length }), rows }
  return timelineFrom([...joined(before.map(unread)), here])
}

export function total(timeline: Timeline): number {
  return timeline.starts.at(-1) ?? 0
}

export function nameOf({ from, to, after }: Stretch): string {
  return `${from}:${to}:${after ?? ''}`
}

/** The line at an index, when it is here. */
export function rowAt(timeline: Timeline, index: number): LogRecord | undefined {
  const at = stretchAt(timeline, index)
  return timeline.stretches[at]?.rows?.[index - (timeline.starts[at] ?? 0)]
}

/** The time of the line at an index: exact when it is here, else as if its stretch were even. */
export function timeAt(timeline: Timeline, index: number): Nanos {
  const at = stretchAt(timeline, index)
  const stretch = timeline.stretches[at]
  if (stretch === undefined) return 0n as Nanos
  const offset = index - (timeline.starts[at] ?? 0)
  const row = stretch.rows?.[offset]
  if (row !== undefined) return row.at
  const width = stretch.to - stretch.from
  return (stretch.from + (width * BigInt(offset)) / BigInt(Math.max(1, stretch.count))) as Nanos
}

/** How many lines lie before a time; estimated where they are not here. */
export function indexOfTime(timeline: Timeline, time: Nanos): number {
  for (let at = 0; at < timeline.stretches.length; at += 1) {
    const stretch = timeline.stretches[at]
    if (stretch === undefined || time >= stretch.to) continue
    const start = timeline.starts[at] ?? 0
    if (time <= stretch.from) return start
    if (stretch.rows === undefined) {
      const share = Number(time - stretch.from) / Number(stretch.to - stretch.from)
      return start + Math.min(stretch.count, Math.floor(share * stretch.count))
    }
    const later = stretch.rows.findIndex((row) => row.at >= time)
    if (later >= 0) return start + later
    if (stretch.until === undefined) return start + stretch.count
  }
  return total(timeline)
}

/** Where a line stands, when it is here. */
export function indexOfRow(timeline: Timeline, row: Pick<LogRecord, 'key' | 'at'>): number | undefined {
  for (let at = 0; at < timeline.stretches.length; at += 1) {
    const stretch = timeline.stretches[at]
    if (stretch?.rows === undefined || row.at < stretch.from || row.at >= stretch.to) continue
    const offset = stretch.rows.findIndex(({ key }) => key === row.key)
    if (offset >= 0) return (timeline.starts[at] ?? 0) + offset
  }
  return undefined
}

/** What to ask so that the lines [first, last) come, what lies in their middle first. */
export function wanted(timeline: Timeline, first: number, last: number): readonly Want[] {
  const middle = (first + last) / 2
  const wants: { want: Want; away: number }[] = []
  for (let at = stretchAt(timeline, first); at < timeline.stretches.length; at += 1) {
    const stretch = timeline.stretches[at]
    const start = timeline.starts[at] ?? 0
    if (stretch === undefined || start >= last) break
    if (stretch.rows !== undefined || stretch.count === 0 || start + stretch.count <= first) continue
    const away = Math.max(0, start - middle, middle - start - stretch.count)
    wants.push({ want: wantOf(stretch), away })
  }
  return wants.sort((a, b) => a.away - b.away).map(({ want }) => want)
}

function wantOf(stretch: Stretch): Want {
  const { from, to, after, until, count } = stretch
  const width = to - from
  if (until !== undefined) return { kind: 'rows', stretch, limit: count }
  // A few more than were counted: late lines are then seen at once.
  const limit = Math.min(count + LEAF_ROWS, PAGE_ROWS_MAX)
  if (count <= LEAF_ROWS || after !== undefined || width === 1n) return { kind: 'rows', stretch, limit }
  const buckets = Math.min(Math.max(2, Math.ceil((2 * count) / LEAF_ROWS)), SPLIT_BUCKETS_MAX)
  return { kind: 'count', stretch, buckets: width < BigInt(buckets) ? Number(width) : buckets }
}

/** After a stretch was counted finer. */
export function refined(timeline: Timeline, stretch: Stretch, counts: readonly Counted[]): Timeline {
  const first = counts[0]
  const last = counts.at(-1)
  const covers = first?.from === stretch.from && last?.to === stretch.to
  return covers ? replaced(timeline, stretch, () => joined(counts.map(unread))) : timeline
}

/** After the lines of a stretch, or its first ones, came. */
export function filled(timeline: Timeline, stretch: Stretch, { records, cursor }: RowsPage): Timeline {
  return replaced(timeline, stretch, (old, rest) => {
    const came: Stretch = { ...old, count: records.length, rows: records, until: undefined }
    // Nothing and "there is more" at once: a search that was stopped at a limit. More cannot be had.
    if (cursor === undefined || records.length === 0) return [came]
    if (cursor === old.until) return [{ ...came, until: cursor }, ...rest]
    const before = old.count + rest.reduce((sum, { count }) => sum + count, 0)
    const left: Stretch = { ...old, after: cursor, until: undefined, count: Math.max(1, before - records.length), rows: undefined }
    return [{ ...came, until: cursor }, left]
  })
}

/** Lets go of what lies farthest from what is looked at, until no more rows are kept than may be. */
export function trimmed(timeline: Timeline, first: number, last: number, max = ROWS_KEPT_MAX): Timeline {
  const middle = (first + last) / 2
  const here = timeline.stretches.flatMap(({ rows, count }, at) => {
    const start = timeline.starts[at] ?? 0
    return rows === undefined || count === 0 ? [] : [{ at, count, away: Math.max(start - middle, middle - start - count) }]
  })
  let kept = here.reduce((sum, { count }) => sum + count, 0)
  if (kept <= max) return timeline
  const gone = new Set<number>()
  for (const { at, count, away } of here.sort((a, b) => b.away - a.away)) {
    if (kept <= max || away <= (last - first) / 2) break
    gone.add(at)
    kept -= count
  }
  return { ...timeline, stretches: timeline.stretches.map((one, at) => (gone.has(at) ? { ...one, rows: undefined } : one)) }
}

function unread(counted: Counted): Stretch {
  return { ...counted, after: undefined, until: undefined, rows: undefined }
}

function timelineFrom(stretches: readonly Stretch[]): Timeline {
  const starts = [0]
  let sum = 0
  for (const { count } of stretches) starts.push((sum += count))
  return { stretches, starts }
}

/** The stretch that holds an index; beyond the last line, the last stretch. */
function stretchAt({ stretches, starts }: Timeline, index: number): number {
  return bisect(stretches.length - 1, (n) => (starts[n + 1] ?? 0) <= index)
}

/** Neighbours that together hold no more than one fetch may bring are one stretch. */
function joined(stretches: readonly Stretch[]): readonly Stretch[] {
  const out: Stretch[] = []
  for (const next of stretches) {
    const last = out.at(-1)
    if (last !== undefined && last.count + next.count <= LEAF_ROWS) {
      out[out.length - 1] = { ...last, to: next.to, count: last.count + next.count }
    } else out.push(next)
  }
  return out
}

/** With other stretches in the place of one, if it is still there; `by` also gets those that go on behind
 *  it by cursor, and answers for them. */
function replaced(
  timeline: Timeline,
  stretch: Stretch,
  by: (now: Stretch, rest: readonly Stretch[]) => readonly Stretch[],
): Timeline {
  const name = nameOf(stretch)
  const { stretches } = timeline
  const at = stretches.findIndex((one) => nameOf(one) === name)
  const now = stretches[at]
  if (now === undefined) return timeline
  let end = at + 1
  while (stretches[end] !== undefined && stretches[end]?.from === now.from && stretches[end]?.to === now.to) end += 1
  const rest = stretches.slice(at + 1, end)
  return timelineFrom([...stretches.slice(0, at), ...by(now, rest), ...stretches.slice(end)])
}
