// The address bar: the one place that changes it, and how everybody hears of it. Back and forward are
// changes like any other.

const CHANGED = 'nilometer:address'

export type How = 'push' | 'replace'

/** Goes to a place of ours. `replace` for what Back should not step through. */
export function go(href: string, how: How = 'push'): void {
  if (href === location.pathname + location.search) return
  if (how === 'push') history.pushState(null, '', href)
  else history.replaceState(null, '', href)
  dispatchEvent(new Event(CHANGED))
}

/** Calls the listener after each change; the answer ends that. */
export function onAddress(listener: () => void): () => void {
  addEventListener('popstate', listener)
  addEventListener(CHANGED, listener)
  return () => {
    removeEventListener('popstate', listener)
    removeEventListener(CHANGED, listener)
  }
}
