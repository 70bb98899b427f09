// Which fields stand beside the list, and what choosing one of their values does to the query. Pure.
//
// A value is counted as if nothing were chosen of its own field: so one can see what else there is.

import type { FieldSeen, ValueSeen } from '../../api/client'
import { FACET_FIELDS_MAX } from '../../model/limits'
import { filterPart } from '../../model/query'
import { type Term, terms, without, withTerm } from '../../model/terms'

export type Chosen = 'only' | 'without' | undefined

export interface FacetValue {
  readonly value: string
  /** Nothing when the value does not occur, but is chosen. */
  readonly count: number | undefined
  readonly chosen: Chosen
}

/** From the worst to the least. */
export const SEVERITIES = ['fatal', 'error', 'warn', 'info', 'debug', 'trace']
export const SEVERITY = 'severity'
export const COMPONENT = 'component'
export const FIRST_FIELDS = [COMPONENT, 'node']
const NEXT_FIELDS = ['stream', 'instance']
const NEVER = ['time', 'message', SEVERITY, 'trace_id', 'span_id', 'source', 'position', 'received']

/** Component and node, stream and instance, then the commonest attributes whose values can repeat. */
export function facetFields(seen: readonly FieldSeen[]): readonly string[] {
  const repeats = seen.filter(({ name, type }) => !NEVER.includes(name) && type !== 'float' && type !== 'time')
  const names = repeats.map(({ name }) => name)
  const next = NEXT_FIELDS.filter((name) => names.includes(name))
  const others = names.filter((name) => ![...FIRST_FIELDS, ...NEXT_FIELDS].includes(name))
  return [...FIRST_FIELDS, ...next, ...others].slice(0, FACET_FIELDS_MAX)
}

/** Not worth a place: each value once, as with ids. */
export function tellsApart(values: readonly ValueSeen[]): boolean {
  return values.length > 0 && (values.length === 1 || (values[0]?.count ?? 0) > 1)
}

/** The filters without those on the field itself. */
export function filtersBeside(q: string, field: string): string {
  return without(filterPart(q), (term) => term.field === field)
}

function chosenOf(q: string, field: string, value: string): Chosen {
  const term = terms(q).find((term) => term.field === field && term.value === value)
  if (term === undefined) return undefined
  return term.not ? 'without' : 'only'
}

/** Only this value, or without it; once more takes that back. */
export function toggled(q: string, field: string, value: string, not: boolean): string {
  const already = chosenOf(q, field, value) === (not ? 'without' : 'only')
  return already ? without(q, (term) => isOf(term, field, value)) : withTerm(q, field, value, not)
}

function isOf(term: Term, field: string, value: string): boolean {
  return term.field === field && term.value === value
}

/** The counted values with what is chosen; a chosen value that does not occur stands at the end. */
export function valuesOf(q: string, field: string, counted: readonly ValueSeen[]): readonly FacetValue[] {
  const own = new Map(terms(q).flatMap((term) => (term.field === field ? [[term.value, term.not]] : []) as [string, boolean][]))
  const chosen = (value: string): Chosen => (own.has(value) ? (own.get(value) ? 'without' : 'only') : undefined)
  const shown = counted.map(({ value, count }): FacetValue => ({ value, count, chosen: chosen(value) }))
  const missing = [...own.keys()].filter((value) => !counted.some((one) => one.value === value))
  return [...shown, ...missing.map((value): FacetValue => ({ value, count: undefined, chosen: chosen(value) }))]
}

/** Severities as a facet counts them, from the worst to the least. */
export function severityValues(counts: Readonly<Record<string, number>>): readonly ValueSeen[] {
  return SEVERITIES.flatMap((value) => (counts[value] ? [{ value, count: counts[value] }] : []))
}
