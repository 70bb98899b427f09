// What a tail's list holds, as a fold over what happens: the newest page comes, lines arrive.
//
//   asked ─> answered | failed        arrived* (paused: they wait)
//
// - No record is in the list twice, whatever overlaps: the page with the tail, a tail with its resumption.
// - Lines of one source keep their order; beyond that the list is sorted by time.
// - Nothing disappears in silence: what waits, was skipped or was let go is counted or said.

import type { Fault, Page } from '../api/client'
import { COMPLETE, type Coverage } from '../model/coverage'
import { TAIL_ROWS_MAX, WAITING_ROWS_MAX } from '../model/limits'
import { isError, type LogRecord } from '../model/record'

export interface Tail {
  readonly state: 'off' | 'connecting' | 'live' | 'lost'
  readonly paused: boolean
  readonly waiting: readonly LogRecord[]
  readonly waitingErrors: number
  /** More waits than is kept here, or the stream broke meanwhile: going on means asking again. */
  readonly holed: boolean
  /** Lines the server let go of because this page was slow. */
  readonly skipped: number
}

export interface Feed {
  readonly phase: 'loading' | 'ready' | 'failed'
  /** Rises with every answer and when a tail goes on: the list is then at its newest end. */
  readonly turn: number
  readonly rows: readonly LogRecord[]
  readonly coverage: Coverage
  readonly elapsedMs: number | undefined
  readonly fault: Fault | undefined
  readonly tail: Tail
  /** What arrived while a page was on its way. */
  readonly early: readonly LogRecord[]
}

export type Happening =
  | { readonly type: 'asked' }
  | { readonly type: 'answered'; readonly page: Page }
  | { readonly type: 'failed'; readonly fault: Fault }
  | { readonly type: 'tail'; readonly state: Tail['state'] }
  | { readonly type: 'arrived'; readonly records: readonly LogRecord[] }
  | { readonly type: 'skipped'; readonly count: number }
  | { readonly type: 'paused' }
  | { readonly type: 'holed' }
  | { readonly type: 'resumed' }

const NO_TAIL: Tail = { state: 'off', paused: false, waiting: [], waitingErrors: 0, holed: false, skipped: 0 }

export const EMPTY_FEED: Feed = {
  phase: 'loading',
  turn: 0,
  rows: [],
  coverage: COMPLETE,
  elapsedMs: undefined,
  fault: undefined,
  tail: NO_TAIL,
  early: [],
}

export function feedAfter(feed: Feed, what: Happening): Feed {
  switch (what.type) {
    case 'asked':
      return { ...feed, phase: 'loading', early: [] }
    case 'answered':
      return answered(feed, what.page)
    case 'failed':
      return { ...feed, phase: 'failed', fault: what.fault }
    case 'tail':
      return { ...feed, tail: what.state === 'off' ? NO_TAIL : { ...feed.tail, state: what.state } }
    case 'arrived':
      return arrived(feed, what.records)
    case 'skipped':
      return { ...feed, tail: { ...feed.tail, skipped: feed.tail.skipped + what.count } }
    case 'paused':
      return { ...feed, tail: { ...feed.tail, paused: true } }
    case 'holed':
      return { ...feed, tail: { ...feed.tail, holed: true } }
    case 'resumed':
      return resumed(feed)
  }
}

function answered(feed: Feed, page: Page): Feed {
  return {
    ...feed,
    phase: 'ready',
    turn: feed.turn + 1,
    rows: merged(page.records.toReversed(), feed.early),
    early: [],
    coverage: page.coverage,
    elapsedMs: page.elapsedMs,
    fault: undefined,
  }
}

function arrived(feed: Feed, records: readonly LogRecord[]): Feed {
  if (feed.tail.paused) return { ...feed, tail: waiting(feed.tail, records) }
  if (feed.phase === 'loading') return { ...feed, early: [...feed.early, ...records] }
  return trimmed({ ...feed, rows: merged(feed.rows, records) })
}

function waiting(tail: Tail, records: readonly LogRecord[]): Tail {
  const room = WAITING_ROWS_MAX - tail.waiting.length
  return {
    ...tail,
    waiting: room > 0 ? [...tail.waiting, ...records.slice(0, room)] : tail.waiting,
    waitingErrors: tail.waitingErrors + records.filter(isError).length,
    holed: tail.holed || records.length > room,
  }
}

function resumed(feed: Feed): Feed {
  const tail = { ...NO_TAIL, state: feed.tail.state, skipped: feed.tail.skipped }
  return trimmed({ ...feed, turn: feed.turn + 1, rows: merged(feed.rows, feed.tail.waiting), tail })
}

function trimmed(feed: Feed): Feed {
  if (feed.rows.length <= TAIL_ROWS_MAX) return feed
  return { ...feed, rows: feed.rows.slice(-TAIL_ROWS_MAX) }
}

/** The rows and what comes in, each record once. `rows` stay in their order; a late line goes up to its
 *  time, but never past a line of its own source. */
export function merged(rows: readonly LogRecord[], coming: readonly LogRecord[]): readonly LogRecord[] {
  if (coming.length === 0) return rows
  // Looked up in what comes, which is little, not in what is there.
  const news = new Map(coming.map((record) => [record.key, record]))
  for (const { key } of rows) news.delete(key)
  const all = [...rows]
  for (const record of news.values()) all.splice(place(all, record), 0, record)
  return all
}

function place(rows: readonly LogRecord[], record: LogRecord): number {
  let at = rows.length
  for (let above = rows[at - 1]; above !== undefined; above = rows[at - 1]) {
    if (above.at <= record.at || above.source === record.source) break
    at -= 1
  }
  return at
}
