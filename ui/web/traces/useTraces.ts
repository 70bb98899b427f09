// Asks for the traces of a question, as many as are asked for at once; more of them by `more`. While an answer
// is awaited the former one stays, so that nothing jumps.

import { useCallback, useEffect, useRef, useState } from 'react'
import { type Fault, toFault } from '../api/client'
import { searchTraces, type TraceSeen } from '../api/traces'
import { COMPLETE, type Coverage } from '../model/coverage'
import { TRACES_MAX, TRACES_PAGE } from '../model/limits'
import type { Question } from '../state/question'
import type { Filters } from './address'

export interface Found {
  readonly phase: 'loading' | 'ready' | 'failed'
  readonly traces: readonly TraceSeen[]
  /** Of what the traces are; another one than is asked while its answer is under way. */
  readonly turn: number
  /** Whether there are traces beyond those that are here. */
  readonly more: boolean
  readonly coverage: Coverage
  readonly fault: Fault | undefined
}

const NONE: Found = { phase: 'loading', traces: [], turn: 0, more: false, coverage: COMPLETE, fault: undefined }

export function useTraces({ q, from, to, turn }: Question, filters: Filters): { readonly found: Found; more(): void } {
  const [found, setFound] = useState(NONE)
  const next = useRef<{ cursor: string | undefined; asking: AbortController }>({ cursor: undefined, asking: new AbortController() })
  const { service, operation, min_duration, max_duration, error, order } = filters
  const ask = useCallback(
    async (held: readonly TraceSeen[], cursor: string | undefined) => {
      const asking = new AbortController()
      next.current.asking.abort()
      next.current = { cursor: undefined, asking }
      setFound((former) => ({ ...former, phase: 'loading', fault: undefined }))
      const search = { q, service, operation, min_duration, max_duration, error: error ? 'true' : '', from, to, order }
      try {
        const limit = Math.min(TRACES_PAGE, TRACES_MAX - held.length)
        const { traces, cursor: behind, coverage } = await searchTraces(search, limit, cursor, asking.signal)
        next.current.cursor = behind
        setFound({ phase: 'ready', traces: [...held, ...traces], turn, more: behind !== undefined, coverage, fault: undefined })
      } catch (error) {
        if (!asking.signal.aborted) setFound((former) => ({ ...former, phase: 'failed', turn, fault: toFault(error) }))
      }
    },
    // A question is what it asks and its turn.
    [q, from, to, turn, service, operation, min_duration, max_duration, error, order],
  )
  useEffect(() => {
    void ask([], undefined)
    return () => next.current.asking.abort()
  }, [ask])
  const more = () => {
    const { cursor } = next.current
    if (cursor !== undefined && found.traces.length < TRACES_MAX) void ask(found.traces, cursor)
  }
  return { found, more }
}
