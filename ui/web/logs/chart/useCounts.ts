// Asks for the counts of a question. While an answer is awaited the former one stays, so that nothing
// jumps; a question that is no longer asked is given up.

import { useEffect, useState } from 'react'
import { type Fault, histogram, type Search, toFault } from '../../api/client'
import { COMPLETE, type Coverage } from '../../model/coverage'
import { filterPart } from '../../model/query'
import { millis, parseTime, rfc3339Nanos } from '../../model/time'
import type { Question } from '../../state/question'
import { type Bucket, bucketCount, occupied, severityTotals, toBucket } from './counts'

export interface Counts {
  readonly phase: 'loading' | 'ready' | 'failed'
  /** The question that the buckets answer. */
  readonly question: Question
  readonly buckets: readonly Bucket[]
  readonly total: number
  /** Lines of each severity; those without one are under the empty name. */
  readonly severities: Readonly<Record<string, number>>
  readonly coverage: Coverage
  readonly fault?: Fault | undefined
  /** How long the answer took to come. */
  readonly elapsedMs?: number | undefined
}

/** How many lines match over time; what stands behind a pipe does not count. */
export function useCounts(question: Question): Counts {
  return useCounting(question, filterPart(question.q))
}

/** How many lines there are at all, to stand behind those that match; nothing when every line matches. */
export function useAllCounts(question: Question): Counts | undefined {
  const filters = !['', '*'].includes(filterPart(question.q))
  const counts = useCounting(question, filters ? '' : undefined)
  return filters ? counts : undefined
}

function useCounting(question: Question, q: string | undefined): Counts {
  const [counts, setCounts] = useState(() => none(question))
  const { from, to, turn } = question
  useEffect(() => {
    if (q === undefined) return
    const abort = new AbortController()
    setCounts((former) => ({ ...former, phase: 'loading', fault: undefined }))
    countsOf({ q, from, to }, abort.signal).then(
      (answer) => setCounts({ ...answer, question }),
      (error: unknown) => {
        if (!abort.signal.aborted) setCounts((former) => ({ ...former, phase: 'failed', fault: toFault(error) }))
      },
    )
    return () => abort.abort()
    // A question is what it asks and its turn; the object may be new each time.
  }, [q, from, to, turn])
  return counts
}

function none(question: Question): Counts {
  return { phase: 'loading', question, buckets: [], total: 0, severities: {}, coverage: COMPLETE }
}

/** An open range ("all time") is far wider than its lines; each answer narrows it to where they are. */
const NARROWINGS_MAX = 4

async function countsOf(search: Search, signal: AbortSignal): Promise<Omit<Counts, 'question'>> {
  const begun = performance.now()
  let asked = search
  for (let round = 0; ; round += 1) {
    const buckets = bucketCount(lengthMs(asked), innerWidth)
    const answer = await histogram(asked, { buckets, by: 'severity' }, signal)
    const counted = answer.buckets.map(toBucket)
    const part = isOpen(search) && round < NARROWINGS_MAX ? occupied(counted) : undefined
    if (part !== undefined) {
      asked = { ...search, from: rfc3339Nanos(part[0]), to: rfc3339Nanos(part[1]) }
      continue
    }
    return {
      phase: 'ready',
      buckets: counted,
      total: counted.reduce((sum, bucket) => sum + bucket.lines, 0),
      severities: severityTotals(answer.buckets),
      coverage: answer.coverage,
      elapsedMs: performance.now() - begun,
    }
  }
}

function lengthMs({ from, to }: Search): number {
  const [first, last] = [parseTime(from), parseTime(to)]
  return first === undefined || last === undefined ? 0 : millis(last) - millis(first)
}

function isOpen({ from }: Search): boolean {
  return parseTime(from) === 0n
}
