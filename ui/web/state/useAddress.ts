// The address as React state: which page is shown, and what it says of itself.

import { useSyncExternalStore } from 'react'
import { onAddress } from './address'

export function usePath(): string {
  return useSyncExternalStore(onAddress, () => location.pathname)
}

/** What stands behind the path. */
export function useSearch(): string {
  return useSyncExternalStore(onAddress, () => location.search)
}
