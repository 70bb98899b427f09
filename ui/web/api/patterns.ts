// The requests about patterns: which there are, which there were before, how they went on, and that two are one.

import type { Coverage } from '../model/coverage'
import type { Pattern } from '../model/pattern'
import { type Nanos, parseTime, rfc3339Nanos } from '../model/time'
import { query, type Search } from './client'
import { get, post } from './request'
import * as wire from './wire'

export interface Patterns {
  /** The commonest first. */
  readonly patterns: readonly Pattern[]
  /** Lines of none of them. */
  readonly other: number
  readonly coverage: Coverage
}

export interface PatternsWanted {
  readonly limit: number
  /** Only those whose last line is older. */
  readonly vanishedSince?: string | undefined
}

/** What the lines that match say. */
export async function patterns(search: Search, wanted: PatternsWanted, signal: AbortSignal): Promise<Patterns> {
  const asked = { ...search, limit: String(wanted.limit), vanished_since: wanted.vanishedSince }
  const answer = await get('/api/v1/logs/patterns', asked, signal)
  return { patterns: answer.patterns.map(toPattern), other: answer.other, coverage: wire.toCoverage(answer.coverage) }
}

type Wire = Awaited<ReturnType<typeof get<'/api/v1/logs/patterns'>>>['patterns'][number]

function toPattern({ id, template, count, first_seen, last_seen, severity, components }: Wire): Pattern {
  const [first, last] = [parseTime(first_seen), parseTime(last_seen)].map((time) => time ?? (0n as Nanos))
  return { id, template, count, first: first ?? (0n as Nanos), last: last ?? (0n as Nanos), severity, components }
}

export interface Place {
  readonly source: string
  readonly position: string
  readonly at: Nanos
}

/** The pattern of a line, as it is said in a range; nothing when it is of none, or not said there. */
export async function patternOf(line: Place, range: Pick<Search, 'from' | 'to'>, signal: AbortSignal): Promise<Pattern | undefined> {
  const moment = { from: rfc3339Nanos(line.at), to: rfc3339Nanos((line.at + 1n) as Nanos) }
  const { rows } = await query({ ...moment, q: `source:${line.source} position:${line.position} | fields pattern` }, signal)
  const id = rows[0]?.[0]
  if (typeof id !== 'string') return undefined
  const answer = await patterns({ ...range, q: `pattern:${id}` }, { limit: 1 }, signal)
  return answer.patterns[0]
}

/** The ids of the patterns of the lines that match. */
export async function patternIds(search: Search, limit: number, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const q = `${search.q} | stats count() by pattern`
  const { rows } = await query({ ...search, q, limit }, signal)
  return new Set(rows.flatMap(([id]) => (typeof id === 'string' ? [id] : [])))
}

export interface Step {
  readonly id: string
  readonly at: Nanos
  readonly count: number
}

/** How often each of these patterns came in each step, where it did. */
export async function patternSteps(
  search: Search,
  { ids, step, limit }: { readonly ids: readonly string[]; readonly step: string; readonly limit: number },
  signal: AbortSignal,
): Promise<readonly Step[]> {
  const filter = search.q === '' ? '' : `(${search.q}) `
  const q = `${filter}pattern:in(${ids.join(',')}) | stats count() by pattern, bin(${step})`
  const { rows } = await query({ ...search, q, limit }, signal)
  return rows.flatMap(([id, start, count]) => {
    const at = typeof start === 'string' ? parseTime(start) : undefined
    return typeof id === 'string' && at !== undefined && typeof count === 'number' ? [{ id, at, count }] : []
  })
}

/** Makes a pattern part of another one, for ever. */
export async function mergePattern(id: string, into: string): Promise<void> {
  await post('/api/v1/logs/patterns/{id}/merge', { into }, undefined, { id })
}
