// The sentences of the Traces page: what fails and how much of it, where the slow ones begin. Pure.

import type { TraceSeen } from '../api/traces'
import { count } from '../logs/words'
import { seen } from '../model/message'
import type { Shorten } from '../model/names'
import { percent } from '../model/percent'
import { duration } from '../model/time'
import type { Answer } from '../trace/words'
import type { Filters } from './address'
import { quantile } from './scatter'

export function traces(n: number): string {
  return n === 1 ? '1 trace' : `${count(n)} traces`
}

/** Slower than so many of a hundred is the slow tail. */
const TAIL = 0.99

/** `4.2 % of 3,164 traces have errors, most of them begin in travel. The slowest 1 % begin in preserve, up to 10.2 s.` */
export function answerOf(found: readonly TraceSeen[], more: boolean, order: Filters['order'], shorten: Shorten): Answer {
  const which = more ? `the ${order === 'start' ? 'newest' : 'slowest'} ${traces(found.length)}` : traces(found.length)
  const failed = found.filter(({ errors }) => errors > 0)
  const tail = tailSentence(found, shorten)
  if (failed.length === 0) {
    const none = found.length === 1 ? 'The one trace has no error.' : `None of ${which} has an error.`
    return { bad: '', rest: `${none} ${tail}`.trim() }
  }
  const most = commonest(failed.map(({ service }) => service))
  const where = shorten(seen(most.name || 'unknown'))
  const share = found.length === 1 ? 'The one trace has errors.' : `${percent(failed.length / found.length)} of ${which} have errors`
  if (found.length === 1) return { bad: share, rest: '' }
  const whose = most.count === failed.length ? `, all of them begin in ${where}. ` : `, most of them begin in ${where}. `
  return { bad: share + (most.count * 2 > failed.length ? whose : '. '), rest: tail }
}

function tailSentence(found: readonly TraceSeen[], shorten: Shorten): string {
  if (found.length < 2) return ''
  const sorted = found.map(({ durationMs }) => durationMs).toSorted((a, b) => a - b)
  const border = quantile(sorted, TAIL) ?? 0
  const slow = found.filter(({ durationMs }) => durationMs >= border)
  const longest = duration(sorted.at(-1) ?? 0)
  const half = `Half take up to ${duration(quantile(sorted, 0.5) ?? 0)}`
  const where = whereOf(found, slow, shorten)
  return where === undefined ? `${half}, the slowest ${longest}.` : `${half}; the slow tail is ${where}, up to ${longest}.`
}

/** Where most of some begin; nothing where all begin in the same place anyway. */
function whereOf(all: readonly TraceSeen[], some: readonly TraceSeen[], shorten: Shorten): string | undefined {
  const [first] = all
  const differ = (of: (trace: TraceSeen) => string) => first !== undefined && all.some((trace) => of(trace) !== of(first))
  if (differ(({ service }) => service)) return shorten(seen(commonest(some.map(({ service }) => service)).name || 'unknown'))
  if (differ(({ operation }) => operation)) return seen(commonest(some.map(({ operation }) => operation)).name || 'unknown')
  return undefined
}

function commonest(names: readonly string[]): { readonly name: string; readonly count: number } {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts].reduce((most, [name, n]) => (n > most.count ? { name, count: n } : most), { name: '', count: 0 })
}

/** For those who do not see the drawing. */
export function scatterSentence(found: readonly TraceSeen[], from: string, to: string): string {
  if (found.length === 0) return `No trace from ${from} to ${to}`
  const sorted = found.map(({ durationMs }) => durationMs).toSorted((a, b) => a - b)
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((q) => duration(quantile(sorted, q) ?? 0))
  const failed = found.filter(({ errors }) => errors > 0).length
  return `Durations of ${traces(found.length)} from ${from} to ${to}: p50 ${p50}, p95 ${p95}, p99 ${p99}; ${failed === 0 ? 'none' : count(failed)} with errors`
}
