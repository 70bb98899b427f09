// The requests that the web app makes. One place builds addresses, one reads errors; every request can
// be given up.

import type { Coverage } from '../model/coverage'
import { PAGE_ROWS } from '../model/limits'
import type { LogRecord } from '../model/record'
import { toCoverage, toRecord, type WireError, type WireHistogram, type WireLogs } from './wire'

export interface Search {
  readonly q: string
  readonly from: string
  readonly to: string
}

export interface Page {
  /** Oldest first, whichever way the server counts. */
  readonly records: readonly LogRecord[]
  /** Where the next older page begins; none when there is none. */
  readonly cursor: string | undefined
  readonly coverage: Coverage
  readonly elapsedMs: number | undefined
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

/** The newest lines of a search, or those before a cursor. */
export async function searchLogs(search: Search, cursor: string | undefined, signal: AbortSignal): Promise<Page> {
  const wire = await get<WireLogs>('/api/v1/logs', { ...search, limit: String(PAGE_ROWS), cursor }, signal)
  return {
    records: wire.records.map(toRecord).reverse(),
    cursor: wire.cursor ?? undefined,
    coverage: toCoverage(wire.coverage),
    elapsedMs: wire.stats?.elapsed_ms,
  }
}

/** How many lines match. */
export async function countLogs(search: Search, signal: AbortSignal): Promise<number> {
  const wire = await get<WireHistogram>('/api/v1/logs/histogram', { ...search, buckets: '1' }, signal)
  return wire.buckets.flatMap((bucket) => Object.values(bucket.counts)).reduce((sum, n) => sum + n, 0)
}

/** Whether the server holds any line at all. */
export async function hasAnything(signal: AbortSignal): Promise<boolean> {
  const everything = { q: '', from: BEGINNING, to: END, limit: '1' }
  const wire = await get<WireLogs>('/api/v1/logs', everything, signal)
  return wire.records.length > 0
}

/** The widest range that times in nanoseconds have room for. */
export const BEGINNING = '1970-01-01T00:00:00Z'
const END = '2262-01-01T00:00:00Z'

/** Trades a token for the session's cookie. */
export async function login(token: string): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ token })
  const response = await fetch('/api/v1/login', { method: 'POST', headers, body })
  if (!response.ok) throw await faultOf(response)
}

async function get<T>(path: string, query: Readonly<Record<string, string | undefined>>, signal: AbortSignal): Promise<T> {
  const response = await fetch(path + queryString(query), { signal, headers: { accept: 'application/json' } })
  if (!response.ok) throw await faultOf(response)
  return (await response.json()) as T
}

/** `?a=b`, without what is empty. */
export function queryString(query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((pair): pair is [string, string] => Boolean(pair[1]))
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}

async function faultOf(response: Response): Promise<Fault> {
  const wire = (await response.json().catch(() => ({}))) as WireError
  const { code, message, hint, column } = wire.error ?? {}
  return new Fault(
    code ?? `http_${response.status}`,
    message ?? `the server answered ${response.status} ${response.statusText}`.trim(),
    hint ?? undefined,
    column ?? undefined,
  )
}

/** Any error as a fault; what `fetch` itself throws means that nobody answered. */
export function toFault(error: unknown): Fault {
  if (error instanceof Fault) return error
  const detail = error instanceof Error ? error.message : String(error)
  return new Fault('unreachable', 'the server does not answer', detail, undefined)
}
