// A record's fields in the order in which a person asks for them. Pure.

import type { Json, LogRecord } from '../model/record'
import { seen } from '../model/message'
import { millis, type Nanos, parseTime, rfc3339Nanos } from '../model/time'
import { clockIn, wallText, type Zone, zoneName } from '../model/zone'
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
  /** The moment that it is, when a click looks around it. */
  readonly at: Nanos | undefined
}

const NAMED = ['component', 'node', 'instance', 'version', 'zone', 'stream', 'severity', 'trace_id', 'span_id']

export function fieldsOf(record: LogRecord, zone: Zone): readonly Field[] {
  const { raw } = record
  const fields: Field[] = [timeField(record, zone)]
  for (const name of NAMED) if (raw[name] !== undefined) fields.push(field(name, raw[name], true))
  const attributes = raw.attributes
  if (isObject(attributes)) {
    for (const [name, value] of Object.entries(attributes)) fields.push(field(name, value, isScalar(value)))
  }
  if (raw.received !== undefined) fields.push(received(record, zone))
  fields.push(field('source', record.key, false))
  return fields
}

function field(name: string, value: Json | undefined, filters: boolean): Field {
  return { name, value: text(value), shown: seen(text(value)), note: undefined, filters, at: undefined }
}

/** Whole, with its zone, without the zeros behind its last digit. */
function timeField(record: LogRecord, zone: Zone): Field {
  const whole = field('time', record.raw.time, false)
  const ms = millis(record.at)
  const shown = zone === 'utc' ? rfc3339Nanos(record.at) : `${wallText(ms, zone)} ${zoneName(ms, zone)}`
  return { ...whole, shown, at: record.at }
}

function received(record: LogRecord, zone: Zone): Field {
  const whole = field('received', record.raw.received, false)
  const time = parseTime(whole.value)
  return time === undefined ? whole : { ...whole, shown: clockIn(time, zone), note: laterPhrase(record.at, time) }
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
