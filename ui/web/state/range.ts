// Ranges of time: what a person types, what the address holds, and moving and widening one. Pure; `now`
// is given.
//
// Invariant: a range that is relative and ends now stays so where it can: widening `-1h` gives `-2h`.

import { millis, parseTime, rfc3339 } from '../model/time'
import { momentAt, wallText, type Zone } from '../model/zone'

export interface Range {
  /** As the API takes them: RFC 3339, `now`, `-15m`. */
  readonly from: string
  readonly to: string
}

export const RANGES: readonly (readonly [from: string, label: string])[] = [
  ['-5m', 'Last 5 min'],
  ['-15m', 'Last 15 min'],
  ['-1h', 'Last 1 h'],
  ['-6h', 'Last 6 h'],
  ['-24h', 'Last 24 h'],
  ['-7d', 'Last 7 d'],
  ['-30d', 'Last 30 d'],
  ['1970-01-01T00:00:00Z', 'All time'],
]

export type Read = { readonly time: string; readonly ms: number } | { readonly problem: string }

const AGO = /^-(\d{1,9})([smhd])$/
const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/
const WALL = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?)?$/
const CLOCK = /^(\d\d):(\d\d)(?::(\d\d))?$/

/** A moment as typed: `now`, `-90m`, RFC 3339, `2026-11-21 04:06` or `04:06` of today in the zone. */
export function readTime(typed: string, zone: Zone, nowMs: number): Read {
  const text = typed.trim()
  if (text === '') return { problem: 'Write a time, as in -90m, now or 2026-11-21 04:06.' }
  if (text === 'now') return { time: text, ms: nowMs }
  const ago = agoMs(text)
  if (ago !== undefined) return { time: text, ms: nowMs - ago }
  const ms = RFC_3339.test(text) ? Date.parse(text) : wallMs(text, zone, nowMs)
  if (ms === undefined || Number.isNaN(ms)) return { problem: `${text} is not a time. Write -90m, now or 2026-11-21 04:06.` }
  return { time: RFC_3339.test(text) ? text : rfc3339(ms), ms }
}

/** Both ends, with the problem under the field that it belongs to. */
export function readRange(
  typed: Range,
  zone: Zone,
  nowMs: number,
): { readonly range: Range } | { readonly field: 'from' | 'to'; readonly problem: string } {
  const from = readTime(typed.from, zone, nowMs)
  if ('problem' in from) return { field: 'from', problem: from.problem }
  const to = readTime(typed.to, zone, nowMs)
  if ('problem' in to) return { field: 'to', problem: to.problem }
  if (to.ms <= from.ms) return { field: 'to', problem: 'The end must be after the beginning.' }
  return { range: { from: from.time, to: to.time } }
}

/** The ends in milliseconds; nothing when one of them is no time. */
export function endsMs(range: Range, nowMs: number): readonly [number, number] | undefined {
  const from = readTime(range.from, 'utc', nowMs)
  const to = readTime(range.to, 'utc', nowMs)
  return 'problem' in from || 'problem' in to ? undefined : [from.ms, to.ms]
}

/** By half its length to the left or right. A range that would begin after now stays. */
export function shifted(range: Range, by: -1 | 1, nowMs: number): Range {
  const ends = endsMs(range, nowMs)
  if (ends === undefined || ends[0] <= 0) return range
  const step = by * half(ends)
  if (ends[0] + step >= nowMs) return range
  return { from: rfc3339(ends[0] + step), to: rfc3339(ends[1] + step) }
}

/** Twice as long: to both sides, or into the past when it ends now. */
export function widened(range: Range, nowMs: number): Range {
  const ends = endsMs(range, nowMs)
  if (ends === undefined || ends[0] <= 0) return range
  const ago = agoMs(range.from)
  if (range.to === 'now' && ago !== undefined) return { from: agoText(ago * 2), to: 'now' }
  const step = half(ends)
  const from = Math.max(0, ends[0] - step)
  if (range.to === 'now' || ends[1] + step >= nowMs) return { from: rfc3339(from), to: 'now' }
  return { from: rfc3339(from), to: rfc3339(ends[1] + step) }
}

function half([from, to]: readonly [number, number]): number {
  return Math.max(Math.floor((to - from) / 2), 1)
}

function agoMs(text: string): number | undefined {
  const [, count, unit] = AGO.exec(text) ?? []
  const length = UNITS.find(([name]) => name === unit)?.[1]
  return count === undefined || length === undefined ? undefined : Number(count) * length
}

/** In the largest unit that it is a whole number of; `-24h` rather than `-1d`, as in the quick ranges. */
function agoText(ms: number): string {
  const fits = UNITS.find(([name, length]) => ms % length === 0 && (name !== 'd' || ms > length))
  const [name, length] = fits ?? ['s', 1000]
  return `-${Math.max(1, Math.round(ms / length))}${name}`
}

function wallMs(text: string, zone: Zone, nowMs: number): number | undefined {
  const clock = CLOCK.exec(text)
  if (clock !== null) return todayMs(clock, zone, nowMs)
  const [, year, month, day, hours = '0', minutes = '0', seconds = '0', fraction = '0'] = WALL.exec(text) ?? []
  if (year === undefined) return undefined
  const parts = [year, month, day, hours, minutes, seconds, fraction.padEnd(3, '0')].map(Number)
  const [y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0, ms = 0] = parts
  const wall = new Date(Date.UTC(y, mo - 1, d, h, mi, s, ms))
  // A 31 June or a 25:00 would roll over silently.
  const same = wall.getUTCMonth() === mo - 1 && wall.getUTCDate() === d && wall.getUTCHours() === h
  return same && mi < 60 && s < 60 ? momentAt(wall, zone) : undefined
}

function todayMs([, hours, minutes, seconds = '0']: RegExpExecArray, zone: Zone, nowMs: number): number | undefined {
  const day = wallText(nowMs, zone).slice(0, 10)
  return wallMs(`${day} ${hours}:${minutes}:${seconds.padStart(2, '0')}`, zone, nowMs)
}

/** How an end of a range stands in its field: an absolute one as the zone's clock shows it. */
export function shownTime(time: string, zone: Zone): string {
  const exact = parseTime(time)
  if (exact === undefined || exact % 1_000_000n !== 0n) return time
  const text = wallText(millis(exact), zone)
  return text.endsWith(':00.000') ? text.slice(0, 16) : text.replace('.000', '')
}

/** What a range is called: one of the quick ones, `Last 3 h`, or nothing. */
export function rangeName({ from, to }: Range): string | undefined {
  if (to !== 'now') return undefined
  const known = RANGES.find(([start]) => start === from)?.[1]
  const [, count, unit] = AGO.exec(from) ?? []
  if (known !== undefined || count === undefined || unit === undefined) return known
  return `Last ${count} ${unit === 'm' ? 'min' : unit}`
}
