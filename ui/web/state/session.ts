// Who one is here. Asked once when the page opens; from any answer on that demands a token, the app shows
// the login in place of the page, and the address stays: after it one is where one was.
//
//   unknown ─> open (session) ─> wanted (a token) ─> open

import { useSyncExternalStore } from 'react'
import { login, logout, onTurnedAway, type Session, session as askSession } from '../api/client'
import { forgetQueries } from './recent'

export type SessionState =
  | { readonly phase: 'unknown' | 'wanted' }
  | { readonly phase: 'open'; readonly session: Session }

let state: SessionState = { phase: 'unknown' }
const listeners = new Set<() => void>()

function become(next: SessionState): void {
  state = next
  for (const listener of listeners) listener()
}

/** Asks who one is. That nobody answers is for the page to say, which asks for more. */
export async function openSession(): Promise<void> {
  try {
    become({ phase: 'open', session: await askSession() })
  } catch {
    // A demand for a token has been heard by the listener below.
  }
}

/** Throws a fault when the token is refused. */
export async function signIn(token: string): Promise<void> {
  await login(token)
  become({ phase: 'unknown' })
  await openSession()
}

export async function signOut(): Promise<void> {
  await logout()
  forgetQueries()
  become({ phase: 'wanted' })
}

onTurnedAway(() => become({ phase: 'wanted' }))

export function useSession(): SessionState {
  return useSyncExternalStore(onSession, () => state)
}

function onSession(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
