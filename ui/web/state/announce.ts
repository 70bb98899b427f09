// What is said to those who do not see the screen: at most one sentence in ten seconds, errors first. Of
// each kind only the latest waits: what it replaces is no longer true.
//
//   announce ─> waits ─> said, when the last one is long enough ago ─> LiveRegion

import { useSyncExternalStore } from 'react'
import { ANNOUNCE_EVERY_MS } from '../model/limits'

export type Kind = 'error' | 'news'

export interface Sayings {
  readonly said: string
  readonly saidAtMs: number
  readonly waiting: Readonly<Partial<Record<Kind, string>>>
}

export const SILENCE: Sayings = { said: '', saidAtMs: Number.NEGATIVE_INFINITY, waiting: {} }

/** The same sentences with the next one said, if it is time for one. */
export function sayNext(sayings: Sayings, nowMs: number): Sayings {
  const { error, ...others } = sayings.waiting
  const next = error ?? others.news
  if (next === undefined || nowMs < sayings.saidAtMs + ANNOUNCE_EVERY_MS) return sayings
  return { said: next, saidAtMs: nowMs, waiting: error === undefined ? {} : others }
}

let sayings = SILENCE
let timer: ReturnType<typeof setTimeout> | undefined
const listeners = new Set<() => void>()

/** Says a sentence as soon as it may be said. */
export function announce(sentence: string, kind: Kind = 'news'): void {
  sayings = { ...sayings, waiting: { ...sayings.waiting, [kind]: sentence } }
  goOn()
}

function goOn(): void {
  clearTimeout(timer)
  sayings = sayNext(sayings, Date.now())
  for (const listener of listeners) listener()
  const waits = Object.keys(sayings.waiting).length > 0
  if (waits) timer = setTimeout(goOn, sayings.saidAtMs + ANNOUNCE_EVERY_MS - Date.now())
}

export function useSaid(): string {
  return useSyncExternalStore(onSaid, () => sayings.said)
}

function onSaid(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
