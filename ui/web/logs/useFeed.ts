// Keeps a tail fed: opens and closes the stream, asks for the newest page when the stream begins, gives up
// what nobody waits for any more. What happens is folded in feed.ts; this is only the wiring.

import { type Dispatch, useCallback, useEffect, useReducer, useRef } from 'react'
import { type Search, searchLogs, toFault } from '../api/client'
import { openTail } from '../api/tail'
import { PAGE_ROWS } from '../model/limits'
import { filterPart } from '../model/query'
import type { View } from '../state/view'
import { EMPTY_FEED, type Feed, feedAfter, type Happening } from './feed'

export interface FeedControl {
  readonly feed: Feed
  pause(): void
  resume(): void
}

export function useFeed(view: View): FeedControl {
  const { from, to, tail } = view
  const q = filterPart(view.q)
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
    if (!tail) return
    const paused = () => latest.current.tail.paused
    happen({ type: 'tail', state: 'connecting' })
    load()
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
      asking.current.abort()
      happen({ type: 'tail', state: 'off' })
    }
  }, [tail, q, load])

  return {
    feed,
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
    const page = await searchLogs(search, { order: 'desc', limit: PAGE_ROWS }, signal)
    if (!signal.aborted) happen({ type: 'answered', page })
  } catch (error) {
    if (!signal.aborted) happen({ type: 'failed', fault: toFault(error) })
  }
}
