// The drawing of durations over time, as numbers: a logarithmic axis, the spread beside it, quantiles, and
// what a rectangle drawn in it holds. Pure.
//
//   │      · ·   ·     │ ▇▇▇ p99     time to the right, duration upwards by powers of ten; beside it, on
//   │ · ·:·:··:·.::·:· │ ▇▇▇▇▇▇ p50  the same axis, how many traces took so long
//   └──────────────────┘

import type { TraceSeen } from '../api/traces'
import { type Nanos, millis, parseTime, rfc3339 } from '../model/time'

export interface Durations {
  readonly leastMs: number
  readonly mostMs: number
}

/** What the address says of a rectangle: a time, and durations as the API takes them. */
export interface Chosen {
  readonly brush: readonly [from: string, to: string]
  readonly band: string
}

/** In sight when there is nothing, milliseconds. */
const USUAL: Durations = { leastMs: 1, mostMs: 1_000 }
/** Shorter durations are drawn as this one, milliseconds. */
const LEAST_MS = 0.001

/** The axis: a little wider than what is on it. */
export function durationsOf(traces: readonly TraceSeen[]): Durations {
  let [least, most] = [Infinity, 0]
  for (const { durationMs } of traces) {
    if (durationMs < least) least = durationMs
    if (durationMs > most) most = durationMs
  }
  if (most === 0) return USUAL
  const bottom = Math.max(LEAST_MS, least)
  return { leastMs: bottom / 1.5, mostMs: Math.max(most, bottom) * 1.5 }
}

/** How far up a duration stands, from 0 to 1. */
export function heightOf(ms: number, { leastMs, mostMs }: Durations): number {
  return Math.min(1, Math.max(0, Math.log(Math.max(ms, LEAST_MS) / leastMs) / Math.log(mostMs / leastMs)))
}

/** The duration that stands so far up. */
export function durationAt(height: number, { leastMs, mostMs }: Durations): number {
  return leastMs * (mostMs / leastMs) ** Math.min(1, Math.max(0, height))
}

/** The powers of ten on the axis; between few of them also their halves. */
export function gridOf(axis: Durations): readonly number[] {
  const powers: number[] = []
  for (let power = Math.floor(Math.log10(axis.leastMs)); 10 ** power <= axis.mostMs; power += 1) powers.push(power)
  const steps = powers.length > 3 ? [1] : [1, 3]
  return powers.flatMap((power) => steps.map((step) => (power < 0 ? step / 10 ** -power : step * 10 ** power))).filter((ms) => ms >= axis.leastMs && ms <= axis.mostMs)
}

export interface Spread {
  readonly traces: number
  readonly failed: number
}

/** How many traces took so long, in equal parts of the axis from below. */
export function spreadOf(traces: readonly TraceSeen[], axis: Durations, parts: number): readonly Spread[] {
  const all = Array.from({ length: parts }, () => ({ traces: 0, failed: 0 }))
  for (const { durationMs, errors } of traces) {
    const part = all[Math.min(parts - 1, Math.floor(heightOf(durationMs, axis) * parts))]
    if (part === undefined) continue
    part.traces += 1
    if (errors > 0) part.failed += 1
  }
  return all
}

/** Nearest rank, as everywhere; nothing of nothing. */
export function quantile(sorted: readonly number[], q: number): number | undefined {
  return sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1]
}

/** A duration as the API takes it: a whole number of its unit. */
export function durationTerm(ms: number): string {
  return ms >= 10 ? `${Math.round(ms)}ms` : `${Math.max(0, Math.round(ms * 1000))}us`
}

/** The milliseconds of such a term. */
export function termMs(term: string): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(us|µs|ms|s|m)$/.exec(term) ?? []
  const length = { us: 1e-3, µs: 1e-3, ms: 1, s: 1e3, m: 6e4 }[unit ?? '']
  return number === undefined || length === undefined ? undefined : Number(number) * length
}

/** What a rectangle between two corners holds; times and durations are rounded outwards. */
export function chosenOf(times: readonly [number, number], heights: readonly [number, number], axis: Durations): Chosen {
  const [from, to] = [Math.floor(Math.min(...times)), Math.ceil(Math.max(...times))]
  const [low, high] = [durationAt(Math.min(...heights), axis), durationAt(Math.max(...heights), axis)]
  return { brush: [rfc3339(from), rfc3339(Math.max(to, from + 1))], band: `${durationTerm(low)}/${durationTerm(high)}` }
}

export interface Part {
  readonly fromMs: number
  readonly toMs: number
  readonly leastMs: number
  readonly mostMs: number
}

/** The rectangle that an address says; nothing when it says none. */
export function partOf(brush: readonly [string, string] | undefined, band: string | null): Part | undefined {
  const [from, to] = [parseTime(brush?.[0] ?? ''), parseTime(brush?.[1] ?? '')]
  const [least, most] = (band ?? '').split('/').map(termMs)
  if (from === undefined || to === undefined || least === undefined || most === undefined || least > most) return undefined
  return { fromMs: millis(from), toMs: millis(to), leastMs: least, mostMs: most }
}

/** Whether a trace lies in it; a time ends before its end, as everywhere. */
export function holds({ fromMs, toMs, leastMs, mostMs }: Part, { at, durationMs }: TraceSeen): boolean {
  const ms = millis(at)
  return ms >= fromMs && ms < toMs && durationMs >= leastMs && durationMs <= mostMs
}

/** The time on the axis: the question's, but from the oldest trace that is here when older ones are not, and
 *  where the traces are when the question has no beginning. */
export function timesOf(traces: readonly TraceSeen[], asked: readonly [Nanos | undefined, Nanos | undefined], cut: boolean): readonly [number, number] {
  const [from, to] = [millis(asked[0] ?? (0n as Nanos)), millis(asked[1] ?? (0n as Nanos))]
  if (traces.length === 0 || (!cut && from > 0)) return [from, Math.max(to, from + 1)]
  let [first, last] = [Infinity, -Infinity]
  for (const { at } of traces) {
    const ms = millis(at)
    if (ms < first) first = ms
    if (ms > last) last = ms
  }
  const end = from > 0 ? to : last + 1
  return [first, Math.max(end, first + 1)]
}
