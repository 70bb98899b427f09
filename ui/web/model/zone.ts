// Times as a zone's clock shows them. Everything is kept in UTC; only here does a zone come in, and the
// only ones are UTC and the browser's own, whose rules the browser knows.

import { type Nanos, millis } from './time'

export type Zone = 'utc' | 'local'

/** A date whose UTC parts are what the zone's clock shows. */
export function wallClock(ms: number, zone: Zone): Date {
  if (zone === 'utc') return new Date(ms)
  return new Date(ms - new Date(ms).getTimezoneOffset() * 60_000)
}

/** The moment at which the zone's clock shows what this date's UTC parts say. */
export function momentAt(wall: Date, zone: Zone): number {
  if (zone === 'utc') return wall.getTime()
  const days = [wall.getUTCFullYear(), wall.getUTCMonth(), wall.getUTCDate()] as const
  const clock = [wall.getUTCHours(), wall.getUTCMinutes(), wall.getUTCSeconds(), wall.getUTCMilliseconds()] as const
  return new Date(...days, ...clock).getTime()
}

/** `14:06:11.434` */
export function clockIn(time: Nanos, zone: Zone): string {
  return wallText(millis(time), zone).slice(11)
}

/** `2026-01-29 14:06:11.434` */
export function wallText(ms: number, zone: Zone): string {
  return wallClock(ms, zone).toISOString().slice(0, 23).replace('T', ' ')
}

/** `UTC`, `UTC+8`, `UTC−3:30`; what holds at that moment. */
export function zoneName(ms: number, zone: Zone): string {
  const minutes = zone === 'utc' ? 0 : -new Date(ms).getTimezoneOffset()
  if (minutes === 0) return 'UTC'
  const hours = Math.floor(Math.abs(minutes) / 60)
  const rest = Math.abs(minutes) % 60
  return `UTC${minutes < 0 ? '−' : '+'}${hours}${rest === 0 ? '' : `:${String(rest).padStart(2, '0')}`}`
}
