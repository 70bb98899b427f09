// Counts the values of the facets, one field after the other, once the chart and the list have their answers:
// nothing that is looked at first waits for them. A new question gives up the rest; what was counted stays
// until it is counted anew.

import { useEffect, useState } from 'react'
import { fields, fieldValues, type ValueSeen } from '../../api/client'
import { FACET_VALUES_MAX } from '../../model/limits'
import type { Question } from '../../state/question'
import { filterPart } from '../../model/query'
import { facetFields, filtersBeside, FIRST_FIELDS, tellsApart } from './facets'

export interface Facet {
  readonly field: string
  /** Nothing before the first answer. One more than the limit says that there are more. */
  readonly values: readonly ValueSeen[] | undefined
  readonly phase: 'loading' | 'ready' | 'failed'
}

const SEVERITY = 'severity'

/** `answered`: chart and list have what they asked for. */
export function useFacets(question: Question, answered: boolean, countsSeverity: boolean): readonly Facet[] {
  const [facets, setFacets] = useState<readonly Facet[]>(() => [SEVERITY, ...FIRST_FIELDS].map(unknown))
  const { from, to, turn } = question
  const q = filterPart(question.q)
  useEffect(() => {
    const abort = new AbortController()
    const put = (facet: Facet) => setFacets((all) => all.map((one) => (one.field === facet.field ? facet : one)))
    setFacets((all) => all.map((facet) => ({ ...facet, phase: 'loading' })))
    if (!answered) return
    const count = (field: string) => countValues({ q, from, to }, field, abort.signal).then(put)
    const run = async () => {
      for (const field of countsSeverity ? [SEVERITY, ...FIRST_FIELDS] : FIRST_FIELDS) await count(field)
      const names = facetFields(await fields({ q, from, to }, abort.signal))
      const rest = names.filter((name) => !FIRST_FIELDS.includes(name))
      setFacets((all) => [SEVERITY, ...names].map((name) => all.find((facet) => facet.field === name) ?? unknown(name)))
      for (const field of rest) await count(field)
    }
    run().catch(() => {
      if (!abort.signal.aborted) setFacets((all) => all.map((facet) => (facet.phase === 'loading' ? { ...facet, phase: 'failed' } : facet)))
    })
    return () => abort.abort()
  }, [q, from, to, turn, answered, countsSeverity])
  return facets
}

function unknown(field: string): Facet {
  return { field, values: undefined, phase: 'loading' }
}

async function countValues(question: Omit<Question, 'turn'>, field: string, signal: AbortSignal): Promise<Facet> {
  const beside = { ...question, q: filtersBeside(question.q, field) }
  const values = await fieldValues(beside, field, FACET_VALUES_MAX + 1, signal)
  const kept = [SEVERITY, ...FIRST_FIELDS].includes(field) || tellsApart(values) ? values : []
  return { field, values: kept, phase: 'ready' }
}
