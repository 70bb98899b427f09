// Keeps the feed fed: asks when the view changes, opens and closes the tail, gives up what nobody waits
// for any more. What happens is folded in feed.ts; this is only the wiring.

import { type Dispatch, useCallback, useEffect, useReducer, useRef } from 'react'
import { type Page, type Search, searchLogs, toFault } from '../api/client'
import { PAGE_ROWS } from '../model/limits'
import { openTail } from '../api/tail'
import { type View } from '../state/view'
import { EMPTY_FEED, type Feed, feedAfter, type Happening } from './feed'

export interface FeedControl {
  readonly feed: Feed
  /** Asks again for the newest page. */
  reload(): void
  older(): void
  pause(): void
  resume(): void
}

export function useFeed({ q, from, to, tail }: View): FeedControl {
  const [feed, happen] = useReducer(feedAfter, EMPTY_FEED)
  const latest = useRef(feed)
  const asking = useRef(new AbortController())
  useEffect(() => {
    latest.current = feed
  })
  const load = useCallback(() => {
    asking.current.abort()
    asking.current = new AbortController()
    void newest({ q, from, to }, asking.current.signal, happen)
  }, [q, from, to])

  useEffect(() => {
    load()
    return () => asking.current.abort()
  }, [load])
  useEffect(() => {
    if (!tail) return
    const paused = () => latest.current.tail.paused
    happen({ type: 'tail', state: 'connecting' })
    const close = openTail(q, {
      ready: () => {
        happen({ type: 'tail', state: 'live' })
        if (paused()) happen({ type: 'holed' })
        else load()
      },
      records: (records) => happen({ type: 'arrived', records }),
      skipped: (count) => happen({ type: 'skipped', count }),
      lost: (final) => {
        happen({ type: 'tail', state: 'lost' })
        if (final) load()
      },
    })
    return () => {
      close()
      happen({ type: 'tail', state: 'off' })
    }
  }, [tail, q, load])

  return {
    feed,
    reload: load,
    older: () => {
      const { olderCursor, loadingOlder } = latest.current
      if (olderCursor === undefined || loadingOlder) return
      void before({ q, from, to }, olderCursor, asking.current.signal, happen)
    },
    pause: () => happen({ type: 'paused' }),
    resume: () => {
      happen({ type: 'resumed' })
      if (latest.current.tail.holed) load()
    },
  }
}

async function newest(search: Search, signal: AbortSignal, happen: Dispatch<Happening>): Promise<void> {
  happen({ type: 'asked' })
  try {
    const page = await pageOf(search, undefined, signal)
    if (!signal.aborted) happen({ type: 'answered', page })
  } catch (error) {
    if (!signal.aborted) happen({ type: 'failed', fault: toFault(error) })
  }
}

async function before(search: Search, cursor: string, signal: AbortSignal, happen: Dispatch<Happening>): Promise<void> {
  happen({ type: 'older' })
  try {
    const page = await pageOf(search, cursor, signal)
    if (!signal.aborted) happen({ type: 'olderCame', page })
  } catch {
    if (!signal.aborted) happen({ type: 'olderFailed' })
  }
}

/** The newest lines, or those before a cursor; oldest first. */
async function pageOf(search: Search, cursor: string | undefined, signal: AbortSignal): Promise<Page> {
  const page = await searchLogs(search, { order: 'desc', limit: PAGE_ROWS, cursor }, signal)
  return { ...page, records: page.records.toReversed() }
}
