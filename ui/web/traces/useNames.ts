// The services of a range and the operations of one of them, to choose from. What cannot be asked for leaves
// nothing to choose but what the address says.

import { useEffect, useState } from 'react'
import { operations, services } from '../api/traces'
import type { Question } from '../state/question'

export interface Names {
  readonly services: readonly string[]
  readonly operations: readonly string[]
}

export function useNames({ from, to }: Question, service: string): Names {
  const [all, setAll] = useState<readonly string[]>([])
  const [of, setOf] = useState<readonly string[]>([])
  useEffect(() => {
    const asking = new AbortController()
    services({ from, to }, asking.signal).then((found) => setAll(found.map(({ service: name }) => name).toSorted()), () => undefined)
    return () => asking.abort()
  }, [from, to])
  useEffect(() => {
    setOf([])
    if (service === '') return
    const asking = new AbortController()
    const busiest = (found: Awaited<ReturnType<typeof operations>>) => found.toSorted((a, b) => b.spans - a.spans)
    operations(service, { from, to }, asking.signal).then((found) => setOf(busiest(found).map(({ operation }) => operation)), () => undefined)
    return () => asking.abort()
  }, [from, to, service])
  return { services: all, operations: of }
}
