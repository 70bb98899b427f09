// A span as the screen uses it: one piece of work in a trace, with the server's JSON beside it.

import type { Json } from './record'
import type { Nanos } from './time'

export type SpanId = string & { readonly of: 'span' }
export type SpanKind = 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer'

export interface Span {
  readonly id: SpanId
  /** As the span names it, whether or not that one ever arrived. */
  readonly parent: SpanId | undefined
  readonly service: string
  readonly operation: string
  readonly kind: SpanKind
  /** By the clock of its node: never corrected here. */
  readonly at: Nanos
  readonly durationMs: number
  readonly failed: boolean
  readonly node: string
  /** The span's JSON as the server gave it: what the detail shows and what is copied. */
  readonly raw: { readonly [key: string]: Json }
}

/** Something that happened inside a span. */
export interface SpanEvent {
  readonly name: string
  readonly at: Nanos | undefined
  readonly attributes: readonly (readonly [name: string, value: Json])[]
}

/** Another span that this one names, mostly of another trace. */
export interface SpanLink {
  readonly trace: string
  readonly span: string
  readonly attributes: readonly (readonly [name: string, value: Json])[]
}

export type Attributes = readonly (readonly [name: string, value: Json])[]

export function attributesOf(value: Json | undefined): Attributes {
  return isObject(value) ? Object.entries(value) : []
}

export function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
