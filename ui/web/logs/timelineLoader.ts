// Fetches what of a timeline is looked at. Whoever scrolls says what is in sight; this counts finer,
// fetches, gives up what is out of sight again and keeps memory and requests within their limits.
//
// - A jump, a step longer than what is seen at once, is asked for at once. Of a fling, whose jumps follow
//   one another, only the first one and what is settled on are.
// - What failed is not asked for again until somebody looks elsewhere and back, or says so.

import { LIST_REQUESTS_MAX, ROWS_KEPT_MAX } from '../model/limits'
import {
  type Counted,
  filled,
  nameOf,
  refined,
  type RowsPage,
  type Stretch,
  type Timeline,
  trimmed,
  type Want,
  wanted,
} from './timeline'

/** The server, as the list asks it. */
export interface Asks {
  count(stretch: Stretch, buckets: number, signal: AbortSignal): Promise<readonly Counted[]>
  rows(stretch: Stretch, limit: number, signal: AbortSignal): Promise<RowsPage>
}

export interface Loader {
  readonly timeline: Timeline
  /** Why lines in sight are not here. */
  readonly fault: unknown
  /** The lines [first, last) are in sight. */
  look(first: number, last: number): void
  again(): void
  close(): void
}

interface Rim {
  readonly asks: Asks
  readonly onChange: () => void
  /** Calls back when a fling would have jumped again; the answer prevents it. */
  readonly settle: (then: () => void) => () => void
}

export function openLoader(begun: Timeline, { asks, onChange, settle }: Rim): Loader {
  let timeline = begun
  let fault: unknown
  let sight: { readonly first: number; readonly last: number } | undefined
  /** Ends the wait for another jump, while there is one. */
  let unsettle: (() => void) | undefined
  let flung = false
  const failed = new Set<string>()
  const underWay = new Map<string, AbortController>()

  function pump(): void {
    if (sight === undefined) return
    const wants = wanted(timeline, sight.first, sight.last).filter(({ stretch }) => !failed.has(nameOf(stretch)))
    const names = new Set(wants.map(({ stretch }) => nameOf(stretch)))
    giveUp((name) => !names.has(name))
    for (const want of wants) {
      if (underWay.size >= LIST_REQUESTS_MAX) break
      if (!underWay.has(nameOf(want.stretch))) void ask(want)
    }
  }

  function giveUp(which: (name: string) => boolean): void {
    for (const [name, asking] of underWay) {
      if (!which(name)) continue
      asking.abort()
      underWay.delete(name)
    }
  }

  async function ask(want: Want): Promise<void> {
    const name = nameOf(want.stretch)
    const asking = new AbortController()
    underWay.set(name, asking)
    try {
      const step = await answerTo(want, asks, asking.signal)
      if (asking.signal.aborted) return
      timeline = trimmed(step(timeline), sight?.first ?? 0, sight?.last ?? 0, ROWS_KEPT_MAX)
    } catch (error) {
      if (asking.signal.aborted) return
      failed.add(name)
      fault = error
    }
    underWay.delete(name)
    onChange()
    pump()
  }

  function again(): void {
    failed.clear()
    fault = undefined
    pump()
  }

  return {
    get timeline() {
      return timeline
    },
    get fault() {
      return fault
    },
    look(first, last) {
      const jump = sight !== undefined && (last <= sight.first || first >= sight.last)
      sight = { first, last }
      if (jump) {
        flung = unsettle !== undefined
        unsettle?.()
        unsettle = settle(() => {
          unsettle = undefined
          flung = false
          again()
        })
      }
      if (flung) giveUp(() => true)
      else pump()
    },
    again,
    close() {
      unsettle?.()
      giveUp(() => true)
    },
  }
}

/** What an answer makes of the timeline. */
async function answerTo(want: Want, asks: Asks, signal: AbortSignal): Promise<(timeline: Timeline) => Timeline> {
  const { stretch } = want
  if (want.kind === 'count') {
    const counts = await asks.count(stretch, want.buckets, signal)
    return (timeline) => refined(timeline, stretch, counts)
  }
  const page = await asks.rows(stretch, want.limit, signal)
  return (timeline) => filled(timeline, stretch, page)
}
