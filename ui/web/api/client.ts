// The requests that the web app makes, one function each. Every request for data can be given up.

import type { Coverage } from '../model/coverage'
import type { Json, LogRecord } from '../model/record'
import type { Nanos } from '../model/time'
import { get, json, post, queryString, send } from './request'
import * as wire from './wire'

export { Fault, onTurnedAway, toFault } from './request'

export interface Search {
  readonly q: string
  readonly from: string
  readonly to: string
}

export interface Page {
  /** In the order that was asked for. */
  readonly records: readonly LogRecord[]
  /** Where the next page begins; none when there is none. */
  readonly cursor: string | undefined
  readonly coverage: Coverage
  readonly elapsedMs: number | undefined
}

export interface Histogram {
  readonly buckets: readonly { readonly from: Nanos; readonly to: Nanos; readonly counts: Readonly<Record<string, number>> }[]
  readonly coverage: Coverage
}

export interface FieldSeen {
  readonly name: string
  readonly type: string
  /** Records that have it. */
  readonly count: number
}

export interface ValueSeen {
  readonly value: string
  readonly count: number
}

export interface Completion {
  readonly items: readonly CompletionItem[]
  /** The piece that an item's text replaces: `[from, to)`, in characters (not UTF-16 units) from 0. */
  readonly replace: { readonly from: number; readonly to: number }
}

export interface CompletionItem {
  readonly text: string
  /** field, value, function, pipe or keyword. */
  readonly kind: string
  readonly count: number | undefined
}

export interface Table {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly rows: readonly (readonly Json[])[]
  readonly coverage: Coverage
  readonly elapsedMs: number | undefined
}

export interface Session {
  /** Whether the address asks for a token, so that there is something to sign out of. */
  readonly needsToken: boolean
  readonly role: string
  readonly tenant: string
}

export interface LogsWanted {
  readonly order: 'asc' | 'desc'
  readonly limit: number
  readonly cursor?: string | undefined
}

/** The first lines of a search in that order, or those behind a cursor. */
export async function searchLogs(search: Search, wanted: LogsWanted, signal: AbortSignal): Promise<Page> {
  const { order, limit, cursor } = wanted
  const asked = { ...search, order, limit: String(limit), cursor }
  return wire.toPage(await get('/api/v1/logs', asked, signal))
}

export interface HistogramWanted {
  readonly buckets: number
  readonly by?: string | undefined
}

/** How many lines match, in equal parts of the range. */
export async function histogram(search: Search, wanted: HistogramWanted, signal: AbortSignal): Promise<Histogram> {
  const asked = { ...search, buckets: String(wanted.buckets), by: wanted.by }
  return wire.toHistogram(await get('/api/v1/logs/histogram', asked, signal))
}

/** How many lines match. */
export async function countLogs(search: Search, signal: AbortSignal): Promise<number> {
  const { buckets } = await histogram(search, { buckets: 1 }, signal)
  return buckets.flatMap((bucket) => Object.values(bucket.counts)).reduce((sum, n) => sum + n, 0)
}

/** The fields of the lines that match, commonest first. */
export async function fields(search: Search, signal: AbortSignal): Promise<readonly FieldSeen[]> {
  const answer = await get('/api/v1/logs/fields', { ...search }, signal)
  return answer.fields.map(({ name, type, count }) => ({ name, type, count }))
}

/** A field's values, commonest first. */
export async function fieldValues(
  search: Search,
  name: string,
  limit: number,
  signal: AbortSignal,
): Promise<readonly ValueSeen[]> {
  const asked = { ...search, limit: String(limit) }
  const answer = await get('/api/v1/logs/fields/{name}/values', asked, signal, { name })
  return answer.values.map(({ value, count }) => ({ value, count }))
}

/** The lines around a line of its source, oldest first, with the line itself. */
export async function context(
  source: string,
  position: string,
  before: number,
  after: number,
  signal: AbortSignal,
): Promise<readonly LogRecord[]> {
  const asked = { source, position, before: String(before), after: String(after) }
  const answer = await get('/api/v1/logs/context', asked, signal)
  return answer.records.map(wire.toRecord)
}

/** What may stand at the cursor, which counts characters before the caret. */
export async function complete(
  q: string,
  cursor: number,
  range: Pick<Search, 'from' | 'to'>,
  signal: AbortSignal,
): Promise<Completion> {
  const asked = { q, cursor: String(cursor), from: range.from, to: range.to }
  return wire.toCompletion(await get('/api/v1/complete', asked, signal))
}

/** The table that a piped query makes. */
export async function query(asked: Search & { readonly limit?: number; readonly signal?: 'logs' | 'spans' | 'samples' }, signal: AbortSignal): Promise<Table> {
  return wire.toTable(await post('/api/v1/query', asked, signal))
}

/** Everything that matches as lines of JSON, to be read as they come; goes on behind a cursor. */
export async function exportLines(search: Search, cursor: string | undefined, signal: AbortSignal): Promise<Response> {
  return send(`/api/v1/export${queryString({ ...search, cursor })}`, { signal })
}

/** Whether the server holds any line at all. */
export async function hasAnything(signal: AbortSignal): Promise<boolean> {
  const everything = { q: '', from: BEGINNING, to: END }
  return (await searchLogs(everything, { order: 'desc', limit: 1 }, signal)).records.length > 0
}

/** The widest range that times in nanoseconds have room for. */
export const BEGINNING = '1970-01-01T00:00:00Z'
const END = '2262-01-01T00:00:00Z'

/** Who one is here; a fault `unauthorized` when a token is needed first. */
export async function session(): Promise<Session> {
  const { needs_token, role, tenant } = await get('/api/v1/login', {}, undefined)
  return { needsToken: needs_token, role, tenant }
}

/** Trades a token for the session's cookie. */
export async function login(token: string): Promise<void> {
  await send('/api/v1/login', json({ token }))
}

/** Ends the session. */
export async function logout(): Promise<void> {
  await send('/api/v1/login', { method: 'DELETE' })
}
