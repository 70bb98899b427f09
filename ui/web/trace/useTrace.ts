// Asks for a trace, all of its pages, and for its lines. What was there stays until the next one is there.

import { useEffect, useState } from 'react'
import { type Fault, toFault } from '../api/client'
import { traceWithLines } from '../api/traces'
import type { Trace } from '../model/trace'

export interface TraceAnswer {
  readonly phase: 'loading' | 'ready' | 'failed'
  readonly trace: Trace | undefined
  readonly fault: Fault | undefined
}

/** `turn` rises to ask again. */
export function useTrace(id: string, turn: number): TraceAnswer {
  const [answer, setAnswer] = useState<TraceAnswer>({ phase: 'loading', trace: undefined, fault: undefined })
  useEffect(() => {
    const abort = new AbortController()
    setAnswer(({ trace }) => ({ phase: 'loading', trace: trace?.id === id ? trace : undefined, fault: undefined }))
    traceWithLines(id, abort.signal).then(
      (trace) => setAnswer({ phase: 'ready', trace, fault: undefined }),
      (error: unknown) => {
        if (!abort.signal.aborted) setAnswer({ phase: 'failed', trace: undefined, fault: toFault(error) })
      },
    )
    return () => abort.abort()
  }, [id, turn])
  return answer
}
