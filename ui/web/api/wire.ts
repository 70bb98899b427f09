// The JSON of the server, as its OpenAPI document describes it, and what the screen makes of it.
// Decoding never throws on a field that is absent: an older or newer server still shows its lines.

import { COMPLETE, type Coverage, type Gap } from '../model/coverage'
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
  readonly buckets: readonly { readonly counts: { readonly [key: string]: number } }[]
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
