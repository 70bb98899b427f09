// Times as the product keeps them: nanoseconds since 1970, UTC. Branded, so that nanoseconds and
// milliseconds cannot be mixed. Zones are for the screen, and in zone.ts.

export type Nanos = bigint & { readonly unit: 'ns' }
export type Millis = number & { readonly unit: 'ms' }

const RFC_3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/

/** Nothing for what is not an RFC 3339 time; exact to the nanosecond. */
export function parseTime(text: string): Nanos | undefined {
  const [, seconds, fraction = '', zone] = RFC_3339.exec(text) ?? []
  if (seconds === undefined || zone === undefined) return undefined
  const ms = Date.parse(seconds + zone)
  if (Number.isNaN(ms)) return undefined
  return (BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0'))) as Nanos
}

/** Rounded down to the millisecond. */
export function millis(time: Nanos): Millis {
  const whole = time / 1_000_000n
  return Number(time < 0n && whole * 1_000_000n !== time ? whole - 1n : whole) as Millis
}

export function nanos(ms: number): Nanos {
  return (BigInt(Math.floor(ms)) * 1_000_000n) as Nanos
}

/** RFC 3339: its fraction has no or three digits. */
export function rfc3339(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z')
}

/** RFC 3339, exact: its fraction has no, three or nine digits. */
export function rfc3339Nanos(time: Nanos): string {
  const ms = millis(time)
  const below = ((time % 1_000_000n) + 1_000_000n) % 1_000_000n
  return below === 0n ? rfc3339(ms) : new Date(ms).toISOString().replace('Z', `${String(below).padStart(6, '0')}Z`)
}

/** `14:06:11.434` */
export function clock(time: Nanos): string {
  return new Date(millis(time)).toISOString().slice(11, 23)
}

export const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `29 Jan 2026` */
export function day(time: Nanos): string {
  const date = new Date(millis(time))
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`
}

/** Three figures and a unit: `616 µs`, `7.3 ms`, `10.2 s`, `4 m 9 s`, `3 h 30 m`. */
export function duration(ms: number): string {
  if (ms === 0) return '0'
  if (ms < 1) return `${Math.round(ms * 1000)} µs`
  if (ms < 10) return `${ms.toFixed(1)} ms`
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 10_000) return `${(ms / 1000).toFixed(2)} s`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  const minutes = Math.floor(seconds / 60)
  const hours = Math.floor(minutes / 60)
  if (hours >= 24) return both(Math.floor(hours / 24), 'd', hours % 24, 'h')
  if (hours > 0) return both(hours, 'h', minutes % 60, 'm')
  return both(minutes, 'm', seconds % 60, 's')
}

/** A duration in whole seconds or more, as said in a sentence: `41 s`, `4 m 9 s`. */
export function roundDuration(ms: number): string {
  return ms < 60_000 ? `${Math.round(ms / 1000)} s` : duration(ms)
}

function both(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`
}
