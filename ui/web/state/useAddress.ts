// The path as React state: which page is shown.

import { useSyncExternalStore } from 'react'
import { onAddress } from './address'

export function usePath(): string {
  return useSyncExternalStore(onAddress, () => location.pathname)
}
