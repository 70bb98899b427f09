// The JSON of the server, as its OpenAPI document describes it, and what the screen makes of it.
// Decoding never throws on a field that is absent: an older or newer server still shows its lines.

import { COMPLETE, type Coverage, type Gap } from '../model/coverage'
import type { Completion, Histogram, Page, Table } from './client'
import type { Answer, Reply } from './request'
import type { components } from './schema'
import { type LogRecord, recordKey, type Severity, type SourceId } from '../model/record'
import { type Nanos, parseTime } from '../model/time'

type Schemas = components['schemas']
export type WireRecord = Tolerant<Schemas['Record'], 'source' | 'position'>
type WireCoverage = Partial<Schemas['Coverage']>

/** As documented, but only these fields can be relied on. */
type Tolerant<T, Needed extends keyof T> = Partial<T> & Pick<T, Needed>

const SEVERITIES: readonly string[] = ['unset', 'trace', 'debug', 'info', 'warn', 'error', 'fatal']
const LIMITS = ['time', 'bytes', 'memory', 'rows'] as const
const UNKNOWN_TIME = 0n as Nanos

export function toPage(wire: Answer<'/api/v1/logs'>): Page {
  return {
    records: wire.records.map(toRecord),
    cursor: wire.cursor ?? undefined,
    coverage: toCoverage(wire.coverage),
    elapsedMs: wire.stats?.elapsed_ms,
  }
}

export function toHistogram(wire: Answer<'/api/v1/logs/histogram'>): Histogram {
  const buckets = wire.buckets.map(({ from, to, counts }) => ({
    from: parseTime(from) ?? UNKNOWN_TIME,
    to: parseTime(to) ?? UNKNOWN_TIME,
    counts,
  }))
  return { buckets, coverage: toCoverage(wire.coverage) }
}

export function toCompletion({ items, replace }: Answer<'/api/v1/complete'>): Completion {
  const shown = items.map(({ text, kind, count }) => ({ text, kind, count: count ?? undefined }))
  return { items: shown, replace }
}

export function toTable({ columns, rows, coverage, stats }: Reply<'/api/v1/query'>): Table {
  return { columns, rows: rows as Table['rows'], coverage: toCoverage(coverage), elapsedMs: stats?.elapsed_ms }
}

export function toRecord(wire: WireRecord): LogRecord {
  const severity = SEVERITIES.includes(wire.severity ?? '') ? (wire.severity as Severity) : 'unset'
  return {
    key: recordKey(wire.source, wire.position),
    at: parseTime(wire.time ?? '') ?? UNKNOWN_TIME,
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
      component: gap.component ?? undefined,
      node: gap.node ?? undefined,
      records: gap.records ?? undefined,
      reason: gap.reason,
    }),
  )
  return {
    complete: wire.complete ?? true,
    completeTo: completeTo(wire),
    lagging: (wire.lagging ?? []).map((late) => ({ node: late.node, behindMs: late.behind_ms })),
    missingSplits: wire.missing_splits ?? 0,
    gaps,
    limitedBy: LIMITS.find((limit) => limit === wire.limited_by),
  }
}

/** A node that is silent for longer is as good as gone: it is named, but the rest is not held back by it. */
const SILENT_MS_MAX = 86_400_000

/** The server leaves silent nodes out of its own answer; what they wrote since their last sign is not here. */
function completeTo({ complete_to, lagging = [] }: WireCoverage): Nanos | undefined {
  const silent = lagging.filter(({ behind_ms }) => behind_ms <= SILENT_MS_MAX).map(({ last_seen }) => last_seen)
  const times = [complete_to, ...silent].flatMap((time) => (time == null ? [] : (parseTime(time) ?? [])))
  return times.reduce<Nanos | undefined>((least, time) => (least === undefined || time < least ? time : least), undefined)
}
