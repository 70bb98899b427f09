// Counts the values of the facets, one field after the other, once the chart and the list have their answers:
// nothing that is looked at first waits for them. A new question gives up the rest; what was counted stays
// until it is counted anew.

import { useEffect, useMemo, useState } from 'react'
import { fields, fieldValues, type ValueSeen } from '../../api/client'
import { FACET_VALUES_MAX } from '../../model/limits'
import { type Shorten, shortener } from '../../model/names'
import { filterPart } from '../../model/query'
import type { Question } from '../../state/question'
import type { Counts } from '../chart/useCounts'
import { COMPONENT, facetFields, filtersBeside, FIRST_FIELDS, SEVERITY, severityValues, tellsApart } from './facets'

export interface Facet {
  readonly field: string
  /** Nothing before the first answer. One more than the limit says that there are more. */
  readonly values: readonly ValueSeen[] | undefined
  readonly phase: 'loading' | 'ready' | 'failed'
}

/** `answered`: chart and list have what they asked for. The chart counts the severities of what matches; once
 *  a query names severities, the others must be counted beside those it asks for. */
export function useFacets(question: Question, counts: Counts, answered: boolean): readonly Facet[] {
  const countsSeverity = /severity/.test(filterPart(question.q))
  const facets = useCounted(question, answered, countsSeverity)
  return useMemo(() => {
    if (countsSeverity) return facets
    const values = counts.buckets.length === 0 ? undefined : severityValues(counts.severities)
    const severity: Facet = { field: SEVERITY, values, phase: counts.phase }
    return facets.map((facet) => (facet.field === SEVERITY ? severity : facet))
  }, [facets, countsSeverity, counts])
}

/** How the components' names are shortened, where whole ones would only repeat themselves. */
export function useShorten(facets: readonly Facet[]): Shorten {
  const components = facets.find(({ field }) => field === COMPONENT)?.values
  return useMemo(() => shortener((components ?? []).map(({ value }) => value)), [components])
}

function useCounted(question: Question, answered: boolean, countsSeverity: boolean): readonly Facet[] {
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
  const counted = await fieldValues(beside, field, FACET_VALUES_MAX + 1, signal)
  const values = field === SEVERITY ? severityValues(Object.fromEntries(counted.map(({ value, count }) => [value, count]))) : counted
  const kept = [SEVERITY, ...FIRST_FIELDS].includes(field) || tellsApart(values) ? values : []
  return { field, values: kept, phase: 'ready' }
}
