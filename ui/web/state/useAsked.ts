// An answer that is awaited: what was answered before stays until the new one is there.

import { useEffect, useState } from 'react'
import { type Fault, toFault } from '../api/client'

export interface Asked<T> {
  readonly phase: 'loading' | 'ready' | 'failed'
  readonly answer: T | undefined
  readonly fault: Fault | undefined
}

/** The answer to what `key` names; nothing is asked without one. */
export function useAsked<T>(key: string | undefined, ask: (signal: AbortSignal) => Promise<T>): Asked<T> {
  const [asked, setAsked] = useState<Asked<T>>({ phase: 'loading', answer: undefined, fault: undefined })
  useEffect(() => {
    if (key === undefined) return
    const abort = new AbortController()
    setAsked(({ answer }) => ({ phase: 'loading', answer, fault: undefined }))
    ask(abort.signal).then(
      (answer) => setAsked({ phase: 'ready', answer, fault: undefined }),
      (error: unknown) => {
        if (!abort.signal.aborted) setAsked(({ answer }) => ({ phase: 'failed', answer, fault: toFault(error) }))
      },
    )
    return () => abort.abort()
    // The key says all that the question is made of.
  }, [key])
  return asked
}
