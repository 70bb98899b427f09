// The requests for traces and their JSON. As everywhere, what is absent is as if it were empty: an older or
// newer server still shows its spans.

import type { Coverage } from '../model/coverage'
import { TRACE_LINES_AROUND_MS, TRACE_LINES_MAX, TRACE_SPANS_MAX } from '../model/limits'
import type { Json } from '../model/record'
import type { Span, SpanId, SpanKind } from '../model/span'
import { millis, type Nanos, parseTime, rfc3339 } from '../model/time'
import type { Trace } from '../model/trace'
import { searchLogs } from './client'
import { get } from './request'
import { toCoverage, toRecord } from './wire'

/** What traces are asked for; each filter that is empty asks for nothing. */
export interface TraceSearch {
  readonly q: string
  readonly service: string
  readonly operation: string
  /** As in `250ms`. */
  readonly min_duration: string
  readonly max_duration: string
  readonly error: string
  readonly from: string
  readonly to: string
  readonly order: 'start' | 'duration'
}

/** A trace as the search tells of it. */
export interface TraceSeen {
  readonly id: string
  readonly service: string
  readonly operation: string
  readonly at: Nanos
  readonly durationMs: number
  readonly spans: number
  readonly errors: number
  /** Traces of one shape have the same. */
  readonly path: string | undefined
}

export interface TracesFound {
  readonly traces: readonly TraceSeen[]
  readonly cursor: string | undefined
  readonly coverage: Coverage
}

/** How a service or an operation did in a range. */
export interface OperationSeen {
  readonly service: string
  readonly operation: string
  readonly spans: number
}

/** Newest or longest first; those behind a cursor. */
export async function searchTraces(search: TraceSearch, limit: number, cursor: string | undefined, signal: AbortSignal): Promise<TracesFound> {
  const wire = await get('/api/v1/traces', { ...search, limit: String(limit), cursor }, signal)
  return {
    traces: (wire.traces ?? []).map(toSeen),
    cursor: wire.cursor ?? undefined,
    coverage: toCoverage(wire.coverage),
  }
}

export async function services(range: Range, signal: AbortSignal): Promise<readonly OperationSeen[]> {
  return (await get('/api/v1/services', { ...range }, signal)).services.map(toOperation)
}

export async function operations(service: string, range: Range, signal: AbortSignal): Promise<readonly OperationSeen[]> {
  return (await get('/api/v1/services/{name}/operations', { ...range }, signal, { name: service })).operations.map(toOperation)
}

/** Whether the server holds any trace at all. */
export async function hasAnyTrace(signal: AbortSignal): Promise<boolean> {
  const found = await searchTraces(EVERYTHING, 1, undefined, signal)
  return found.traces.length > 0
}

/** A trace with all its spans, page after page, as many as the screen takes. */
export async function traceOf(id: string, signal: AbortSignal): Promise<Trace> {
  const page = (cursor?: string) => get('/api/v1/traces/{id}', { cursor }, signal, { id })
  const first = await page()
  const spans = (first.spans ?? []).map(toSpan)
  let cursor = first.cursor ?? undefined
  while (cursor !== undefined && spans.length < TRACE_SPANS_MAX) {
    const more = await page(cursor)
    for (const span of more.spans) spans.push(toSpan(span))
    cursor = more.cursor ?? undefined
  }
  return {
    id: first.trace_id ?? id,
    spans: spans.slice(0, TRACE_SPANS_MAX),
    logs: (first.logs ?? []).map(toRecord),
    skewMs: new Map(Object.entries(first.skew_ms ?? {}).filter(([, ms]) => ms !== 0)),
    critical: new Map((first.critical_path ?? []).map(({ span_id, self_ms }) => [span_id, self_ms])),
    cut: cursor !== undefined || spans.length > TRACE_SPANS_MAX,
  }
}

/** A trace with the lines that write its id without having it as a field, too: those of files. */
export async function traceWithLines(id: string, signal: AbortSignal): Promise<Trace> {
  const trace = await traceOf(id, signal)
  if (trace.spans.length === 0) return trace
  const { records } = await searchLogs({ q: id, ...around(trace.spans) }, { order: 'asc', limit: TRACE_LINES_MAX }, signal)
  const known = new Set(trace.logs.map(({ key }) => key))
  const logs = [...trace.logs, ...records.filter(({ key }) => !known.has(key))]
  return { ...trace, logs: logs.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)) }
}

function around(spans: readonly Span[]): Range {
  let [first, last] = [Infinity, -Infinity]
  for (const { at, durationMs } of spans) {
    first = Math.min(first, millis(at))
    last = Math.max(last, millis(at) + durationMs)
  }
  return { from: rfc3339(first - TRACE_LINES_AROUND_MS), to: rfc3339(Math.ceil(last) + TRACE_LINES_AROUND_MS) }
}

export const traceJsonPath = (id: string): string => `/api/v1/traces/${encodeURIComponent(id)}`

interface Range {
  readonly from: string
  readonly to: string
}

const EVERYTHING: TraceSearch = {
  q: '',
  service: '',
  operation: '',
  min_duration: '',
  max_duration: '',
  error: '',
  from: '1970-01-01T00:00:00Z',
  to: '2262-01-01T00:00:00Z',
  order: 'start',
}

type Maybe<T> = { readonly [name in keyof T]?: T[name] | null | undefined }

type WireSeen = { readonly trace_id: string } & Maybe<{
  root_service: string
  root_operation: string
  start: string
  duration_ms: number
  spans: number
  errors: number
  path_id: string
}>

type WireOperation = Maybe<{ service: string; operation: string; spans: number }>

export type WireSpan = { readonly span_id: string } & Maybe<{
  trace_id: string
  parent_span_id: string
  service: string
  operation: string
  kind: string
  start: string
  duration_ms: number
  status: string
  node: string
  instance: string
  version: string
  attributes: { readonly [key: string]: Json }
  events: Json
  links: Json
}>

const KINDS: readonly string[] = ['internal', 'server', 'client', 'producer', 'consumer']
const UNKNOWN_TIME = 0n as Nanos

export function toSpan(wire: WireSpan): Span {
  return {
    id: wire.span_id as SpanId,
    parent: (wire.parent_span_id ?? undefined) as SpanId | undefined,
    service: wire.service ?? '',
    operation: wire.operation ?? '',
    kind: KINDS.includes(wire.kind ?? '') ? (wire.kind as SpanKind) : 'unspecified',
    at: parseTime(wire.start ?? '') ?? UNKNOWN_TIME,
    durationMs: wire.duration_ms ?? 0,
    failed: wire.status === 'error',
    node: wire.node ?? '',
    raw: wire as Span['raw'],
  }
}

function toSeen(wire: WireSeen): TraceSeen {
  return {
    id: wire.trace_id,
    service: wire.root_service ?? '',
    operation: wire.root_operation ?? '',
    at: parseTime(wire.start ?? '') ?? UNKNOWN_TIME,
    durationMs: wire.duration_ms ?? 0,
    spans: wire.spans ?? 0,
    errors: wire.errors ?? 0,
    path: wire.path_id ?? undefined,
  }
}

function toOperation({ service, operation, spans }: WireOperation): OperationSeen {
  return { service: service ?? '', operation: operation ?? '', spans: spans ?? 0 }
}
