// How many alerts fire, for the header of every page: asked for again and again while somebody looks, and told at
// once by the page that knows better.

import { useEffect, useSyncExternalStore } from 'react'
import { alerts } from '../api/alerts'
import type { Alert } from '../model/alert'
import { FIRING_POLL_MS } from '../model/limits'

let known: number | undefined
const listeners = new Set<() => void>()

/** Says what fires now. */
export function tellFiring(all: readonly Alert[]): void {
  const count = all.filter(({ state }) => state === 'firing').length
  if (count === known) return
  known = count
  listeners.forEach((listener) => listener())
}

/** How many fire; undefined until that is known. */
export function useFiring(): number | undefined {
  useEffect(() => {
    const asking = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const ask = async () => {
      // What cannot be told is not wrong here: the page says what is.
      if (!document.hidden) await alerts(asking.signal).then(tellFiring, () => undefined)
      if (!asking.signal.aborted) timer = setTimeout(() => void ask(), FIRING_POLL_MS)
    }
    void ask()
    return () => {
      clearTimeout(timer)
      asking.abort()
    }
  }, [])
  return useSyncExternalStore(subscribe, () => known)
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
