// The address as React state. Every component that asks sees the same view; Back undoes a step.

import { useMemo, useSyncExternalStore } from 'react'
import { go, type How, onAddress } from './address'
import { parseView, type View, viewHref } from './view'

/** Changes a part of the view. `replace` for what Back should not step through (walking by j and k). */
export function changeView(change: Partial<View>, how: How = 'push'): void {
  const now = parseView(location.search)
  const href = viewHref({ ...now, ...change })
  if (href !== viewHref(now)) go(href, how)
}

export function useView(): View {
  const search = useSyncExternalStore(onAddress, () => location.search)
  return useMemo(() => parseView(search), [search])
}
