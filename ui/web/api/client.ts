// The requests that the web app makes. One place builds addresses, one reads errors; every request for
// data can be given up.

import type { Coverage } from '../model/coverage'
import type { Json, LogRecord } from '../model/record'
import type { Nanos } from '../model/time'
import * as wire from './wire'

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

/** A refusal or a failure, in the words of the server where it had any. */
export class Fault extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly hint: string | undefined,
    /** Counts characters from 1. */
    readonly column: number | undefined,
  ) {
    super(message)
  }
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
  return wire.toPage(await get<wire.WireLogs>('/api/v1/logs', asked, signal))
}

export interface HistogramWanted {
  readonly buckets: number
  readonly by?: string | undefined
}

/** How many lines match, in equal parts of the range. */
export async function histogram(search: Search, wanted: HistogramWanted, signal: AbortSignal): Promise<Histogram> {
  const asked = { ...search, buckets: String(wanted.buckets), by: wanted.by }
  return wire.toHistogram(await get<wire.WireHistogram>('/api/v1/logs/histogram', asked, signal))
}

/** How many lines match. */
export async function countLogs(search: Search, signal: AbortSignal): Promise<number> {
  const { buckets } = await histogram(search, { buckets: 1 }, signal)
  return buckets.flatMap((bucket) => Object.values(bucket.counts)).reduce((sum, n) => sum + n, 0)
}

/** The fields of the lines that match, commonest first. */
export async function fields(search: Search, signal: AbortSignal): Promise<readonly FieldSeen[]> {
  const answer = await get<wire.WireFields>('/api/v1/logs/fields', { ...search }, signal)
  return answer.fields.map(({ name, type, count }) => ({ name, type, count }))
}

/** A field's values, commonest first. */
export async function fieldValues(
  search: Search,
  name: string,
  limit: number,
  signal: AbortSignal,
): Promise<readonly ValueSeen[]> {
  const path = `/api/v1/logs/fields/${encodeURIComponent(name)}/values`
  const answer = await get<wire.WireValues>(path, { ...search, limit: String(limit) }, signal)
  return answer.values.map(wire.toValue)
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
  const answer = await get<wire.WireContext>('/api/v1/logs/context', asked, signal)
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
  return wire.toCompletion(await get<wire.WireCompletion>('/api/v1/complete', asked, signal))
}

/** The table that a piped query makes. */
export async function query(asked: Search & { readonly limit?: number }, signal: AbortSignal): Promise<Table> {
  const response = await ask('/api/v1/query', { ...json(asked), method: 'POST', signal })
  return wire.toTable((await response.json()) as wire.WireTable)
}

/** Everything that matches as lines of JSON, to be read as they come; goes on behind a cursor. */
export async function exportLines(search: Search, cursor: string | undefined, signal: AbortSignal): Promise<Response> {
  return ask(`/api/v1/export${queryString({ ...search, cursor })}`, { signal })
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
  const response = await ask('/api/v1/login', { headers: JSON_WANTED })
  const { needs_token, role, tenant } = (await response.json()) as wire.WireSession
  return { needsToken: needs_token, role, tenant }
}

/** Trades a token for the session's cookie. */
export async function login(token: string): Promise<void> {
  await ask('/api/v1/login', { ...json({ token }), method: 'POST' })
}

/** Ends the session. */
export async function logout(): Promise<void> {
  await ask('/api/v1/login', { method: 'DELETE' })
}

const JSON_WANTED = { accept: 'application/json' }

function json(body: object): RequestInit {
  return { headers: { ...JSON_WANTED, 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

type Asked = Readonly<Record<string, string | undefined>>

async function get<T>(path: string, asked: Asked, signal: AbortSignal): Promise<T> {
  const response = await ask(path + queryString(asked), { signal, headers: JSON_WANTED })
  return (await response.json()) as T
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  const response = await fetch(path, init)
  if (response.ok) return response
  const fault = await faultOf(response)
  if (response.status === 401) for (const listener of turnedAway) listener(fault)
  throw fault
}

const turnedAway = new Set<(fault: Fault) => void>()

/** Calls the listener whenever the server asks for a token; the answer ends that. */
export function onTurnedAway(listener: (fault: Fault) => void): () => void {
  turnedAway.add(listener)
  return () => turnedAway.delete(listener)
}

/** `?a=b`, without what is empty. */
export function queryString(asked: Asked): string {
  const given = Object.entries(asked).filter((pair): pair is [string, string] => Boolean(pair[1]))
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}

async function faultOf(response: Response): Promise<Fault> {
  const { error = {} } = (await response.json().catch(() => ({}))) as wire.WireError
  return new Fault(
    error.code ?? `http_${response.status}`,
    error.message ?? `the server answered ${response.status} ${response.statusText}`.trim(),
    error.hint ?? undefined,
    error.column ?? undefined,
  )
}

/** Any error as a fault; what `fetch` itself throws means that nobody answered. */
export function toFault(error: unknown): Fault {
  if (error instanceof Fault) return error
  const detail = error instanceof Error ? error.message : String(error)
  return new Fault('unreachable', 'the server does not answer', detail, undefined)
}
