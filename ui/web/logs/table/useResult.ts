// Asks for the table of a piped query. The former one stays until the new one is there.

import { useEffect, useState } from 'react'
import { type Fault, query, type Table, toFault } from '../../api/client'
import { TABLE_ROWS_MAX } from '../../model/limits'
import type { Question } from '../../state/question'

export interface Result {
  readonly phase: 'loading' | 'ready' | 'failed'
  /** What the table answers; its columns mean what this query says. */
  readonly q: string
  readonly table: Table | undefined
  readonly fault: Fault | undefined
}

const NONE: Result = { phase: 'loading', q: '', table: undefined, fault: undefined }

/** Nothing is asked without a question: the query has no pipe. */
export function useResult(question: Question | undefined): Result {
  const [result, setResult] = useState(NONE)
  const { q, from, to, turn } = question ?? {}
  useEffect(() => {
    if (q === undefined || from === undefined || to === undefined) return setResult(NONE)
    const abort = new AbortController()
    setResult((former) => ({ ...former, phase: 'loading', fault: undefined }))
    query({ q, from, to, limit: TABLE_ROWS_MAX }, abort.signal).then(
      (table) => setResult({ phase: 'ready', q, table, fault: undefined }),
      (error: unknown) => {
        if (!abort.signal.aborted) setResult((former) => ({ ...former, phase: 'failed', fault: toFault(error) }))
      },
    )
    return () => abort.abort()
  }, [q, from, to, turn])
  return result
}
