// The address bar as React state. Every component that asks sees the same view; Back undoes a step.

import { useMemo, useSyncExternalStore } from 'react'
import { parseView, type View, viewHref } from './view'

const CHANGED = 'nilometer:view'

function subscribe(listener: () => void): () => void {
  addEventListener('popstate', listener)
  addEventListener(CHANGED, listener)
  return () => {
    removeEventListener('popstate', listener)
    removeEventListener(CHANGED, listener)
  }
}

/** Changes a part of the view. `replace` for what Back should not step through (walking by j and k). */
export function changeView(change: Partial<View>, how: 'push' | 'replace' = 'push'): void {
  const now = parseView(location.search)
  const href = viewHref({ ...now, ...change })
  if (href === viewHref(now)) return
  if (how === 'push') history.pushState(null, '', href)
  else history.replaceState(null, '', href)
  dispatchEvent(new Event(CHANGED))
}

export function useView(): View {
  const search = useSyncExternalStore(subscribe, () => location.search)
  return useMemo(() => parseView(search), [search])
}
