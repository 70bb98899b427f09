// The timeline of a question. Its newest lines are asked for beside the chart's counts, so that there is
// something to read at once; with the counts it gets its length, and is refined and filled as its list is
// looked at. While another question waits for its newest lines the former ones stay.

import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { type Fault, histogram, type Page, searchLogs, toFault } from '../api/client'
import { FIRST_ROWS, SETTLE_MS } from '../model/limits'
import { parseTime, rfc3339Nanos } from '../model/time'
import type { Question } from '../state/question'
import type { Counts } from './chart/useCounts'
import { type Rows, rowsOfTimeline } from './lines'
import { filterPart } from '../model/query'
import { type Counted, seeded, type Stretch, type Timeline, timelineOf } from './timeline'
import { type Asks, type Loader, openLoader } from './timelineLoader'

export interface TimelineControl {
  readonly rows: Rows
  /** Rises with every question that is answered: the list is then at its newest end. */
  readonly turn: number
  /** Whether the lines that are not here are counted. */
  readonly counted: boolean
  /** Why some of the lines in sight are not here. */
  readonly fault: Fault | undefined
  look(first: number, last: number): void
  again(): void
}

interface Held {
  readonly timeline: Timeline
  readonly turn: number
  readonly counted: boolean
  readonly fault: Fault | undefined
}

interface Newest {
  readonly turn: number
  /** Nothing when it cannot be had. */
  readonly page: Page | undefined
}

const NOTHING: Held = { timeline: timelineOf([]), turn: 0, counted: false, fault: undefined }

/** Nothing is asked while the list is not shown. */
export function useTimeline(question: Question, counts: Counts, shown: boolean): TimelineControl {
  const [held, setHeld] = useState(NOTHING)
  const loader = useRef<Loader>(undefined)
  const newest = useNewest(question, shown)
  const { turn } = question
  const answered = counts.question.turn === turn && counts.phase === 'ready' ? counts.buckets : undefined
  const first = newest?.turn === turn ? newest : undefined
  // Lines that come after the counts are fetched anyway.
  const begun = useRef<{ readonly turn: number; readonly counted: boolean }>(undefined)

  useEffect(() => {
    const counted = answered !== undefined
    // Counts that come first wait: what the newest lines bring would else be asked for once more.
    if (!shown || first === undefined || (!counted && first.page === undefined)) return
    if (begun.current?.turn === turn && begun.current.counted) return
    begun.current = { turn, counted }
    loader.current?.close()
    const hold = () => {
      const { timeline, fault } = opened
      setHeld({ timeline, turn, counted, fault: fault === undefined ? undefined : toFault(fault) })
    }
    const asks = asksOf(filterPart(question.q))
    const opened = openLoader(beginning(question, answered, first.page), { asks, onChange: hold, settle })
    loader.current = opened
    hold()
  }, [turn, answered, first, shown])
  useEffect(() => {
    return () => {
      loader.current?.close()
      begun.current = undefined
    }
  }, [])
  return {
    rows: useMemo(() => rowsOfTimeline(held.timeline), [held.timeline]),
    turn: held.turn,
    counted: held.counted,
    fault: held.fault,
    look: useCallback((first: number, last: number) => loader.current?.look(first, last), []),
    again: useCallback(() => loader.current?.again(), []),
  }
}

/** The newest lines of the latest question; that they cannot be had is for the counts to say. */
function useNewest({ q, from, to, turn }: Question, shown: boolean): Newest | undefined {
  const [newest, setNewest] = useState<Newest>()
  useEffect(() => {
    if (!shown) return
    const asking = new AbortController()
    const search = { q: filterPart(q), from, to }
    searchLogs(search, { order: 'desc', limit: FIRST_ROWS }, asking.signal).then(
      (page) => setNewest({ turn, page }),
      () => asking.signal.aborted || setNewest({ turn, page: undefined }),
    )
    return () => asking.abort()
  }, [q, from, to, turn, shown])
  return newest
}

function beginning({ from, to }: Question, buckets: Counts['buckets'] | undefined, newest: Page | undefined): Timeline {
  const rows = newest?.records.toReversed() ?? []
  const counts = buckets?.map(({ from, to, lines }) => ({ from, to, count: lines })) ?? uncounted(from, to, rows.length)
  return seeded(counts, rows, newest !== undefined && newest.cursor === undefined)
}

/** As if there were only the lines that are here. */
function uncounted(from: string, to: string, count: number): readonly Counted[] {
  const [first, last] = [parseTime(from), parseTime(to)]
  return first === undefined || last === undefined ? [] : [{ from: first, to: last, count }]
}

function asksOf(q: string): Asks {
  const search = ({ from, to }: Stretch) => ({ q, from: rfc3339Nanos(from), to: rfc3339Nanos(to) })
  return {
    async count(stretch, buckets, signal) {
      const answer = await histogram(search(stretch), { buckets }, signal)
      return answer.buckets.map(({ from, to, counts }) => ({ from, to, count: counts.count ?? 0 }))
    },
    rows: (stretch, limit, signal) => searchLogs(search(stretch), { order: 'asc', limit, cursor: stretch.after }, signal),
  }
}

function settle(then: () => void): () => void {
  const timer = setTimeout(then, SETTLE_MS)
  return () => clearTimeout(timer)
}
