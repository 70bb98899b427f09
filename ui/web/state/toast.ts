// A word that shows for a moment: that something was copied, or how to undo. Nothing else is a toast.

import { useSyncExternalStore } from 'react'
import { TOAST_MS } from '../model/limits'

let text: string | undefined
let timer: ReturnType<typeof setTimeout> | undefined
const listeners = new Set<() => void>()

function become(next: string | undefined): void {
  text = next
  for (const listener of listeners) listener()
}

export function toast(words: string): void {
  clearTimeout(timer)
  become(words)
  timer = setTimeout(() => become(undefined), TOAST_MS)
}

export function useToast(): string | undefined {
  return useSyncExternalStore(onToast, () => text)
}

function onToast(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
