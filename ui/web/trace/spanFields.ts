// What a span says of itself, in the order in which a person asks for it. Pure.

import { seen } from '../model/message'
import type { Json } from '../model/record'
import { attributesOf, isObject, type Span, type SpanEvent, type SpanLink } from '../model/span'
import { duration, parseTime, rfc3339Nanos } from '../model/time'

export interface SpanField {
  readonly name: string
  readonly value: string
  readonly shown: string
  /** Whether a search for this value makes sense. */
  readonly filters: boolean
}

const NAMED = ['service', 'operation', 'kind', 'status', 'instance', 'node', 'version'] as const
const IDS = ['span_id', 'parent_span_id', 'trace_id'] as const

export function spanFields(span: Span): readonly SpanField[] {
  const { raw } = span
  const present = (name: string) => raw[name] !== undefined && raw[name] !== null
  return [
    ...NAMED.filter(present).map((name) => field(name, raw[name], true)),
    { ...field('start', raw.start, false), shown: rfc3339Nanos(span.at) },
    { ...field('duration', raw.duration_ms, false), shown: duration(span.durationMs) },
    ...IDS.filter(present).map((name) => field(name, raw[name], true)),
    ...attributesOf(raw.attributes).map(([name, value]) => field(name, value, typeof value !== 'object')),
  ]
}

export function field(name: string, value: Json | undefined, filters: boolean): SpanField {
  const written = textOf(value)
  return { name, value: written, shown: seen(written), filters }
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null)
}

export function eventsOf({ raw }: Span): readonly SpanEvent[] {
  return listOf(raw.events).map((event) => ({
    name: typeof event.name === 'string' ? event.name : '',
    at: parseTime(String(event.time ?? event.at ?? '')),
    attributes: attributesOf(event.attributes),
  }))
}

export function linksOf({ raw }: Span): readonly SpanLink[] {
  return listOf(raw.links).map((link) => ({
    trace: String(link.trace_id ?? ''),
    span: String(link.span_id ?? ''),
    attributes: attributesOf(link.attributes),
  }))
}

function listOf(value: Json | undefined): readonly { readonly [key: string]: Json }[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}
