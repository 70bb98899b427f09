// The address as React state. Every component that asks sees the same view; Back undoes a step.

import { useMemo, useSyncExternalStore } from 'react'
import { go, type How, onAddress } from './address'
import { placeAt } from './pages'
import { besidesView, parseView, type View, viewHref } from './view'

/** Changes a part of the view of this page. `replace` for what Back should not step through (walking by j
 *  and k). */
export function changeView(change: Partial<View>, how: How = 'push'): void {
  const now = parseView(location.search)
  const href = hereHref({ ...now, ...change })
  if (href !== hereHref(now)) go(href, how)
}

/** Changes what this page alone says in its address, and perhaps the view with it. */
export function changeBesides(change: Readonly<Record<string, string | undefined>>, view: Partial<View> = {}, how: How = 'push'): void {
  const besides = besidesView(location.search)
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined || value === '') besides.delete(name)
    else besides.set(name, value)
  }
  const href = viewHref({ ...parseView(location.search), ...view }, placeAt(location.pathname), besides)
  if (href !== hereHref(parseView(location.search))) go(href, how)
}

/** The address of a view of what is shown now. */
export function hereHref(view: View): string {
  return viewHref(view, placeAt(location.pathname), besidesView(location.search))
}

/** What this page alone says in its address. */
export function useBesides(): URLSearchParams {
  const search = useSyncExternalStore(onAddress, () => location.search)
  return useMemo(() => besidesView(search), [search])
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
