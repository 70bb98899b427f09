// What the chart says: its sentence, the tip over a bar, the label of a brush. Pure.

import { MONTHS, duration, millis, roundDuration } from '../../model/time'
import { wallClock, wallText, type Zone } from '../../model/zone'
import { count } from '../words'
import { type Brush, inBrush } from './brush'
import type { Bucket } from './counts'

/** `17 errors, 3 warnings, 120 lines`; lines are all of them. */
export function tally(lines: number, warnings: number, errors: number): string {
  const parts = [some(errors, 'error'), some(warnings, 'warning'), lines === 0 ? 'no lines' : some(lines, 'line')]
  return parts.filter((part) => part !== '').join(', ')
}

function some(n: number, what: string): string {
  return n === 0 ? '' : `${count(n)} ${what}${n === 1 ? '' : 's'}`
}

/** `14:06:10 to 14:06:20`, with the day where a bucket is that long. */
export function stretch({ from, to }: Pick<Bucket, 'from' | 'to'>, zone: Zone): string {
  const [a, b] = [millis(from), millis(to)]
  const fine = b - a < FINE_MS && (a % 1000 !== 0 || b % 1000 !== 0)
  const text = (ms: number) => (fine ? wallText(ms, zone).slice(11) : moment(ms, b - a, zone))
  return `${text(a)} to ${text(b)}`
}

/** Below it a stretch is told to the millisecond. */
const FINE_MS = 10_000

/** As fine as the length that it bounds. */
function moment(ms: number, lengthMs: number, zone: Zone): string {
  const text = wallText(ms, zone)
  const clock = text.slice(11, lengthMs >= 86_400_000 ? 16 : 19)
  return lengthMs >= 3_600_000 ? `${day(ms, zone)} ${clock}` : clock
}

function day(ms: number, zone: Zone): string {
  const date = wallClock(ms, zone)
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`
}

export function brushLabel(brush: Brush, buckets: readonly Bucket[], zone: Zone): string {
  const part = inBrush(brush, buckets)
  if (part === undefined) return ''
  const length = lengthWords(millis(part.to) - millis(part.from))
  return `${stretch(part, zone)}, ${length}, ${tally(part.lines, 0, part.errors)}`
}

/** The whole chart in a sentence, for those who do not see it. */
export function sentence(buckets: readonly Bucket[], zone: Zone): string {
  const all = inBrush({ first: 0, last: buckets.length - 1 }, buckets)
  const [first] = buckets
  if (all === undefined || first === undefined) return 'Lines over time: nothing is counted yet.'
  const said = `Lines over time, ${stretch(all, zone)}: ${tally(all.lines, 0, all.errors)}`
  const tops = [top(buckets, 'lines', zone), top(buckets, 'errors', zone)].filter((part) => part !== '')
  return `${[said, ...tops].join('; ')}.`
}

function top(buckets: readonly Bucket[], what: 'lines' | 'errors', zone: Zone): string {
  const most = buckets.reduce((a, b) => (b[what] > a[what] ? b : a))
  return most[what] === 0 ? '' : `most ${what}, ${count(most[what])}, at ${stretch(most, zone)}`
}

/** `1.0k lines in 15 s`: a maximum and what it counts. */
export function scaleWords(max: number, what: string, lengthMs: number): string {
  return `${tight(max)} ${what}${max === 1 ? '' : 's'} in ${lengthWords(lengthMs)}`
}

/** `15 s`, not `15.0 s`: the lengths of buckets are whole where they can be. */
function lengthWords(ms: number): string {
  return ms >= 1000 && ms % 1000 === 0 ? roundDuration(ms) : duration(ms)
}

/** Counts where there is little room: `902`, `4.4k`, `115k`, `1.3M`. */
export function tight(n: number): string {
  if (n < 1000) return String(n)
  if (n < 9950) return `${(n / 1000).toFixed(1)}k`
  if (n < 999_500) return `${Math.round(n / 1000)}k`
  return n < 999_500_000 ? `${(n / 1e6).toFixed(1)}M` : `${(n / 1e9).toFixed(1)}G`
}

/** The end of the axis: `14:06:12`, with its day on a range of days. */
export function clockAtEnd(ms: number, lengthMs: number, zone: Zone): string {
  const clock = wallText(ms, zone).slice(11)
  if (lengthMs < 10_000) return clock
  return lengthMs >= 86_400_000 ? `${day(ms, zone)} ${clock.slice(0, 5)}` : clock.slice(0, 8)
}
