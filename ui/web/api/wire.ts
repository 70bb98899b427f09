// The JSON of the server, as its OpenAPI document describes it, and what the screen makes of it.
// Decoding never throws on a field that is absent: an older or newer server still shows its lines.

import { COMPLETE, type Coverage, type Gap } from '../model/coverage'
import type { Completion, Histogram, Page, Table, ValueSeen } from './client'
import { type Json, type LogRecord, recordKey, type Severity, type SourceId } from '../model/record'
import { type Nanos, parseTime } from '../model/time'

export interface WireRecord {
  readonly time: string
  readonly component?: string
  readonly node?: string
  readonly severity?: string
  readonly message?: string
  readonly source: string
  readonly position: string | number
  readonly [key: string]: Json | undefined
}

export interface WireCoverage {
  readonly complete?: boolean
  readonly complete_to?: string | null
  readonly lagging?: readonly { readonly node: string; readonly behind_ms: number }[]
  readonly missing_splits?: number
  readonly gaps?: readonly {
    readonly source: string
    readonly from: string | number
    readonly time: string
    readonly component?: string
    readonly node?: string
    readonly records?: number | null
    readonly reason: string
  }[]
  readonly limited_by?: Coverage['limitedBy'] | null
}

export interface WireLogs {
  readonly records: readonly WireRecord[]
  readonly cursor?: string | null
  readonly coverage?: WireCoverage
  readonly stats?: { readonly elapsed_ms?: number }
}

export interface WireHistogram {
  readonly buckets: readonly { readonly from: string; readonly to: string; readonly counts: { readonly [key: string]: number } }[]
  readonly coverage?: WireCoverage
}

export interface WireFields {
  readonly fields: readonly { readonly name: string; readonly type: string; readonly count: number }[]
}

export interface WireValues {
  readonly values: readonly { readonly value: Json; readonly count: number }[]
}

export interface WireContext {
  readonly records: readonly WireRecord[]
}

export interface WireCompletion {
  readonly items: readonly { readonly text: string; readonly kind: string; readonly count?: number | null }[]
  readonly replace: { readonly from: number; readonly to: number }
}

export interface WireTable {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly rows: readonly (readonly Json[])[]
  readonly coverage?: WireCoverage
  readonly stats?: { readonly elapsed_ms?: number }
}

export interface WireSession {
  readonly needs_token: boolean
  readonly role: string
  readonly tenant: string
}

export interface WireError {
  readonly error?: {
    readonly code?: string
    readonly message?: string
    readonly hint?: string | null
    readonly column?: number | null
  }
}

const SEVERITIES: readonly string[] = ['unset', 'trace', 'debug', 'info', 'warn', 'error', 'fatal']
const UNKNOWN_TIME = 0n as Nanos

export function toPage(wire: WireLogs): Page {
  return {
    records: wire.records.map(toRecord),
    cursor: wire.cursor ?? undefined,
    coverage: toCoverage(wire.coverage),
    elapsedMs: wire.stats?.elapsed_ms,
  }
}

export function toHistogram(wire: WireHistogram): Histogram {
  const buckets = wire.buckets.map(({ from, to, counts }) => ({
    from: parseTime(from) ?? UNKNOWN_TIME,
    to: parseTime(to) ?? UNKNOWN_TIME,
    counts,
  }))
  return { buckets, coverage: toCoverage(wire.coverage) }
}

export function toValue({ value, count }: WireValues['values'][number]): ValueSeen {
  return { value: typeof value === 'string' ? value : JSON.stringify(value), count }
}

export function toCompletion({ items, replace }: WireCompletion): Completion {
  const shown = items.map(({ text, kind, count }) => ({ text, kind, count: count ?? undefined }))
  return { items: shown, replace }
}

export function toTable({ columns, rows, coverage, stats }: WireTable): Table {
  return { columns, rows, coverage: toCoverage(coverage), elapsedMs: stats?.elapsed_ms }
}

export function toRecord(wire: WireRecord): LogRecord {
  const severity = SEVERITIES.includes(wire.severity ?? '') ? (wire.severity as Severity) : 'unset'
  return {
    key: recordKey(wire.source, wire.position),
    at: parseTime(wire.time) ?? UNKNOWN_TIME,
    source: wire.source as SourceId,
    severity,
    component: wire.component ?? '',
    node: wire.node ?? '',
    message: wire.message ?? '',
    raw: wire as LogRecord['raw'],
  }
}

export function toCoverage(wire: WireCoverage | undefined): Coverage {
  if (wire === undefined) return COMPLETE
  const gaps = (wire.gaps ?? []).map(
    (gap): Gap => ({
      source: gap.source as SourceId,
      from: String(gap.from),
      at: parseTime(gap.time) ?? UNKNOWN_TIME,
      component: gap.component,
      node: gap.node,
      records: gap.records ?? undefined,
      reason: gap.reason,
    }),
  )
  return {
    complete: wire.complete ?? true,
    completeTo: wire.complete_to == null ? undefined : parseTime(wire.complete_to),
    lagging: (wire.lagging ?? []).map((late) => ({ node: late.node, behindMs: late.behind_ms })),
    missingSplits: wire.missing_splits ?? 0,
    gaps,
    limitedBy: wire.limited_by ?? undefined,
  }
}
