// The address as React state. Every component that asks sees the same view; Back undoes a step.

import { useMemo, useSyncExternalStore } from 'react'
import { go, type How, onAddress } from './address'
import { pageAt } from './pages'
import { parseView, type View, viewHref } from './view'

/** Changes a part of the view of this page. `replace` for what Back should not step through (walking by j
 *  and k). */
export function changeView(change: Partial<View>, how: How = 'push'): void {
  const path = pageAt(location.pathname)?.path
  const now = parseView(location.search)
  const href = viewHref({ ...now, ...change }, path)
  if (href !== viewHref(now, path)) go(href, how)
}

/** Searches lines, from whichever page, in the range that it shows. */
export function searchFor(q: string): void {
  const { from, to, zone } = parseView(location.search)
  go(viewHref({ ...parseView(''), from, to, zone, q }))
}

export function useView(): View {
  const search = useSyncExternalStore(onAddress, () => location.search)
  return useMemo(() => parseView(search), [search])
}
