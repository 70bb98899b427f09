// A record's fields in the order in which a person asks for them. Pure.

import type { Json, LogRecord } from '../model/record'
import { clock, parseTime } from '../model/time'
import { laterPhrase } from './words'

export interface Field {
  readonly name: string
  readonly value: string
  /** What is read, where the whole value would hide what matters. */
  readonly shown: string
  /** What stands behind the value, quieter. */
  readonly note: string | undefined
  /** Whether a search for this value makes sense. */
  readonly filters: boolean
}

const NAMED = ['component', 'node', 'instance', 'version', 'zone', 'stream', 'severity', 'trace_id', 'span_id']

export function fieldsOf(record: LogRecord): readonly Field[] {
  const { raw } = record
  const fields: Field[] = [field('time', raw.time, false)]
  for (const name of NAMED) if (raw[name] !== undefined) fields.push(field(name, raw[name], true))
  const attributes = raw.attributes
  if (isObject(attributes)) {
    for (const [name, value] of Object.entries(attributes)) fields.push(field(name, value, isScalar(value)))
  }
  if (raw.received !== undefined) fields.push(received(record))
  fields.push(field('source', record.key, false))
  return fields
}

function field(name: string, value: Json | undefined, filters: boolean): Field {
  return { name, value: text(value), shown: text(value), note: undefined, filters }
}

function received(record: LogRecord): Field {
  const whole = field('received', record.raw.received, false)
  const time = parseTime(whole.value)
  return time === undefined ? whole : { ...whole, shown: clock(time), note: laterPhrase(record.at, time) }
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null)
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isScalar(value: Json): boolean {
  return typeof value !== 'object'
}
