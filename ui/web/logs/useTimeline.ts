// The timeline of a question: begun with the chart's counts, refined and filled as its list is looked at.
// While another question is counted the former lines stay.

import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { type Fault, histogram, searchLogs, toFault } from '../api/client'
import { SETTLE_MS } from '../model/limits'
import { filterPart } from '../model/query'
import { rfc3339Nanos } from '../model/time'
import type { Counts } from './chart/useCounts'
import { type Rows, rowsOfTimeline } from './lines'
import { type Stretch, type Timeline, timelineOf } from './timeline'
import { type Asks, type Loader, openLoader } from './timelineLoader'

export interface TimelineControl {
  readonly rows: Rows
  /** Rises with every question that is answered: the list is then at its newest end. */
  readonly turn: number
  /** Why some of the lines in sight are not here. */
  readonly fault: Fault | undefined
  look(first: number, last: number): void
  again(): void
}

interface Held {
  readonly timeline: Timeline
  readonly turn: number
  readonly fault: Fault | undefined
}

const NOTHING: Held = { timeline: timelineOf([]), turn: 0, fault: undefined }

export function useTimeline({ buckets, question }: Counts): TimelineControl {
  const [held, setHeld] = useState(NOTHING)
  const loader = useRef<Loader>(undefined)
  useEffect(() => {
    if (buckets.length === 0) return
    const hold = () => {
      const { timeline, fault } = opened
      setHeld({ timeline, turn: question.turn, fault: fault === undefined ? undefined : toFault(fault) })
    }
    const counts = buckets.map(({ from, to, lines }) => ({ from, to, count: lines }))
    const opened = openLoader(counts, { asks: asksOf(filterPart(question.q)), onChange: hold, settle })
    loader.current = opened
    hold()
    return () => opened.close()
    // The question is the one that the buckets answer.
  }, [buckets])
  return {
    rows: useMemo(() => rowsOfTimeline(held.timeline), [held.timeline]),
    turn: held.turn,
    fault: held.fault,
    look: useCallback((first: number, last: number) => loader.current?.look(first, last), []),
    again: useCallback(() => loader.current?.again(), []),
  }
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
