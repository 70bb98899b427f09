// A record as the screen uses it. (source, position) names it for ever: that is its key.

import type { Nanos } from './time'

export type Severity = 'unset' | 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'
export type RecordKey = string & { readonly of: 'record' }
export type SourceId = string & { readonly of: 'source' }
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

export interface LogRecord {
  readonly key: RecordKey
  readonly at: Nanos
  readonly source: SourceId
  readonly severity: Severity
  readonly component: string
  readonly node: string
  readonly message: string
  /** The record's JSON as the server gave it: what the detail shows and what is copied. */
  readonly raw: { readonly [key: string]: Json }
}

export function recordKey(source: string, position: string | number): RecordKey {
  return `${source}:${position}` as RecordKey
}

/** The letter that stands for a severity in a row; none for what is normal. */
export function letter(severity: Severity): '' | 'W' | 'E' | 'F' {
  switch (severity) {
    case 'warn':
      return 'W'
    case 'error':
      return 'E'
    case 'fatal':
      return 'F'
    default:
      return ''
  }
}

export function isError(record: LogRecord): boolean {
  return record.severity === 'error' || record.severity === 'fatal'
}
