// Asks for the history of a range, a page at a time; more of it by `more`.

import { useEffect, useRef, useState } from 'react'
import { alertHistory } from '../api/alerts'
import { type Fault, toFault } from '../api/client'
import type { Alert } from '../model/alert'
import type { Question } from '../state/question'

export interface Past {
  readonly phase: 'loading' | 'ready' | 'failed'
  readonly alerts: readonly Alert[]
  /** Where the next page begins; none when there is none. */
  readonly cursor: string | undefined
  readonly fault: Fault | undefined
}

const NONE: Past = { phase: 'loading', alerts: [], cursor: undefined, fault: undefined }

export function useHistory({ from, to, turn }: Question): { readonly past: Past; more(): void } {
  const [past, setPast] = useState(NONE)
  const asking = useRef(new AbortController())
  const ask = async (held: readonly Alert[], cursor: string | undefined) => {
    asking.current.abort()
    const { signal } = (asking.current = new AbortController())
    setPast((former) => ({ ...former, phase: 'loading', fault: undefined }))
    try {
      const answer = await alertHistory({ from, to }, cursor, signal)
      setPast({ phase: 'ready', alerts: [...held, ...answer.alerts], cursor: answer.cursor, fault: undefined })
    } catch (error) {
      if (!signal.aborted) setPast((former) => ({ ...former, phase: 'failed', fault: toFault(error) }))
    }
  }
  useEffect(() => {
    void ask([], undefined)
    return () => asking.current.abort()
    // The turn says all that the question is made of.
  }, [turn])
  return { past, more: () => void ask(past.alerts, past.cursor) }
}
