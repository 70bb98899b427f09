// How the values of a column are read: numbers to the right, times in the zone, durations and sizes with
// their unit. Pure.

import { seen } from '../../model/message'
import type { Json } from '../../model/record'
import { duration, millis, MONTHS, parseTime } from '../../model/time'
import { wallClock, wallText, type Zone } from '../../model/zone'

export interface Column {
  readonly name: string
  readonly type: string
  readonly numeric: boolean
  /** Its widest text, in characters. */
  readonly width: number
  /** The greatest value, when a bar behind the numbers helps to compare them. */
  readonly most: number | undefined
  read(value: Json): string
}

export interface Result {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly rows: readonly (readonly Json[])[]
}

/** Enough to know how wide a column is. */
const MEASURED_ROWS = 500
/** A column this wide takes what is left, and cuts what is longer. */
export const WIDTH_MAX = 72

export function columnsOf({ columns, rows }: Result, zone: Zone): readonly Column[] {
  return columns.map(({ name, type }, at) => {
    const values = rows.map((row) => row[at] ?? null)
    const numeric = type === 'int' || type === 'float'
    const read = reader(name, type, values, zone)
    const widest = values.slice(0, MEASURED_ROWS).reduce<number>((max, value) => Math.max(max, read(value).length), 0)
    const width = Math.min(Math.max(widest, name.length + 2), WIDTH_MAX)
    return { name, type, numeric, width, most: counts(name, numeric) ? greatest(values) : undefined, read }
  })
}

function counts(name: string, numeric: boolean): boolean {
  return numeric && name.startsWith('count(')
}

function greatest(values: readonly Json[]): number | undefined {
  const numbers = values.filter((value) => typeof value === 'number')
  return numbers.length > 1 ? numbers.reduce((max, n) => Math.max(max, n), 0) : undefined
}

const UNKNOWN = 'none'

function reader(name: string, type: string, values: readonly Json[], zone: Zone): (value: Json) => string {
  const read = type === 'time' ? timeReader(values, zone) : numberReader(name, type)
  return (value) => {
    if (value === null) return UNKNOWN
    return (typeof value === 'number' || type === 'time' ? read(value) : undefined) ?? plain(value)
  }
}

function plain(value: Json): string {
  return seen(typeof value === 'string' ? value : JSON.stringify(value))
}

/** The clock alone when all are of one day; as fine as the finest of them. */
function timeReader(values: readonly Json[], zone: Zone): (value: Json) => string | undefined {
  const times = values.flatMap((value) => (typeof value === 'string' ? (parseTime(value) ?? []) : []))
  const texts = times.map((time) => wallText(millis(time), zone))
  const oneDay = new Set(texts.map((text) => text.slice(0, 10))).size <= 1
  const fine = texts.some((text) => !text.endsWith('.000'))
  return (value) => {
    const time = typeof value === 'string' ? parseTime(value) : undefined
    if (time === undefined) return undefined
    const clock = wallText(millis(time), zone).slice(11, fine ? 23 : 19)
    const date = wallClock(millis(time), zone)
    return oneDay ? clock : `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${clock}`
  }
}

const UNITS_MS: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, ms: 1, s: 1e3, seconds: 1e3 }

function numberReader(name: string, type: string): (value: Json) => string | undefined {
  const ms = unitMs(name)
  return (value) => {
    if (typeof value !== 'number') return undefined
    if (ms !== undefined) return value < 0 ? `−${duration(-value * ms)}` : duration(value * ms)
    if (type === 'int' || Number.isInteger(value)) return value.toLocaleString('en-US')
    return value.toLocaleString('en-US', { maximumSignificantDigits: Math.abs(value) >= 100 ? 6 : 4 })
  }
}

/** A field whose name ends in a unit of time is a duration, also inside a function that keeps its unit. */
function unitMs(name: string): number | undefined {
  const field = /^(?:sum|min|max|avg|p\d+)\((.*)\)$/.exec(name)?.[1] ?? /^quantile\([^,]*,(.*)\)$/.exec(name)?.[1] ?? name
  const unit = /[._](ns|us|ms|s|seconds)$/.exec(field.replace(/"$/, ''))?.[1]
  return unit === undefined ? undefined : UNITS_MS[unit]
}
