// A record and a search as commands and links to take along. Pure; everything is quoted for a shell.

import type { LogRecord } from '../model/record'
import { type Nanos, rfc3339Nanos } from '../model/time'

/** What is searched, absolute. */
export interface Asked {
  readonly q: string
  readonly from: string
  readonly to: string
}

/** Fetches exactly this record. */
export function curlCommand(origin: string, record: LogRecord): string {
  const { source, position } = placeOfKey(record.key)
  const asked = new URLSearchParams({ source, position, before: '0', after: '0' })
  return `curl ${quoted(`${origin}/api/v1/logs/context?${asked}`)}`
}

/** The same search from a terminal, around the record's time. */
export function searchCommand(origin: string, q: string, at: Nanos): string {
  const from = rfc3339Nanos(at)
  const to = rfc3339Nanos((at + 1_000_000_000n) as Nanos)
  return `nilometer search ${quoted(q)} --server ${origin} --from ${from} --to ${to}`
}

export function exportCommand(origin: string, { q, from, to }: Asked, format: 'ndjson' | 'csv'): string {
  return `nilometer export ${quoted(q)} --server ${origin} --from ${from} --to ${to} --output ${format} > logs.${format}`
}

/** A source has no colon; its position stands behind the last one. */
export function placeOfKey(key: string): { readonly source: string; readonly position: string } {
  const colon = key.lastIndexOf(':')
  return { source: key.slice(0, colon), position: key.slice(colon + 1) }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
