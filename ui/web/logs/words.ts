// The sentences of the Logs page: how complete an answer is, what is missing and why. Plain words, a
// number where there is one, no blame. Pure, so that every sentence stands in a test.

import type { Coverage, Gap, Lagging } from '../model/coverage'
import { seen } from '../model/message'
import { type Nanos, day, duration, millis, nanos, roundDuration } from '../model/time'
import { clockIn, wallClock, wallText, type Zone } from '../model/zone'
import { momentOf, type View } from '../state/view'
import type { Tail } from './feed'

const REASONS: Readonly<Record<string, string>> = {
  deleted_before_read: 'The file was removed before it was read.',
  truncated_before_read: 'The file was truncated before it was read.',
  spool_damaged: 'The spool of the collector was damaged.',
  pipeline_went_back: 'The server went back to an older state.',
  message_too_long: 'The message is longer than the limit.',
  attributes_too_large: 'The attributes are larger than the limit.',
  name_too_long: 'A name is longer than the limit.',
  too_old: 'They came later than the server can tell new from repeated.',
  malformed: 'The line is not what its format demands.',
  duplicate: 'The span was there already.',
  spool_full: 'The spool of the collector was full.',
  rate_limited: 'The container said more than its limit allows.',
  sampled: 'The trace is not among those that are kept.',
  purged: 'Somebody had them removed for good.',
  spool_too_old: 'They waited in the spool of the collector for too long.',
}

export function count(n: number): string {
  return n.toLocaleString('en-US')
}

export function lines(n: number): string {
  return n === 1 ? '1 line' : `${count(n)} lines`
}

/** `1,284 lines missing here: food on node-155. The file was removed before it was read.` */
export function gapSentence(gap: Gap): string {
  const what = gap.records === undefined ? 'Lines are missing here' : `${lines(gap.records)} missing here`
  const why = REASONS[gap.reason] ?? `Reason: ${gap.reason.replaceAll('_', ' ')}.`
  return `${what}: ${whose(gap)}. ${why}`
}

function whose({ component, node, source }: Gap): string {
  const where = node === undefined ? '' : ` on ${seen(node)}`
  if (component === undefined) return node === undefined ? `source ${source}` : `a source${where}`
  return seen(component) + where
}

/** `in 14 ms` */
export function elapsedPhrase(ms: number): string {
  return `in ${ms < 1 ? '<1 ms' : duration(ms)}`
}

/** How far the answer can be trusted; empty when the server says nothing about it. */
export function coverageSentence(coverage: Coverage, zone: Zone): string {
  const to = coverage.completeTo
  const parts: string[] = []
  if (to !== undefined && to > 0n) parts.push(`Complete to ${clockIn(to, zone).slice(0, 8)}`)
  else if (coverage.complete) parts.push('Complete')
  const late = coverage.lagging.length > 0 ? laggingPhrase(coverage.lagging) : undefined
  if (late !== undefined) parts.push(late)
  if (coverage.gaps.length > 0) {
    const places = coverage.gaps.length === 1 ? 'one place' : `${count(coverage.gaps.length)} places`
    parts.push(`lines are missing in ${places}`)
  }
  if (coverage.missingSplits > 0) parts.push(unreadable(coverage.missingSplits))
  const sentence = parts.join('; ')
  const limited = limitedSentence(coverage.limitedBy)
  // A node's name is written as it is.
  const named = coverage.lagging.length === 1 && parts[0] === late
  return [sentence === '' ? '' : `${named ? sentence : capital(sentence)}.`, limited].filter(Boolean).join(' ')
}

/** A node that has not yet said how far it is has been behind since 1970. */
const NEVER_MS = 20 * 365 * 86_400_000

function laggingPhrase(lagging: readonly Lagging[]): string {
  const worst = lagging.reduce((a, b) => (b.behindMs > a.behindMs ? b : a))
  const node = seen(worst.node)
  const never = worst.behindMs > NEVER_MS ? `${node} has not said how far it is` : undefined
  const behind = roundDuration(worst.behindMs)
  if (lagging.length === 1) return never ?? `${node} is ${behind} behind`
  return `${lagging.length} nodes are behind, ${never ?? `${node} by ${behind}`}`
}

function limitedSentence(by: Coverage['limitedBy']): string {
  if (by === undefined) return ''
  const budget = { time: 'time', bytes: 'bytes', memory: 'memory', rows: 'rows' }[by]
  return `Stopped at its limit of ${budget}: older lines were not searched.`
}

/** Where the list stops being complete: said between the rows. */
export function completeSentence(coverage: Coverage, to: Nanos, order: View['order'], zone: Zone): string {
  const late = coverage.lagging
  const who = late.length === 1 ? `lines from ${seen(late[0]?.node ?? '')}` : 'late lines'
  const where = order === 'oldest' ? 'Below' : 'Above'
  return `Complete to here, ${clockIn(to, zone).slice(0, 8)}. ${where}, ${who} may still come in between.`
}

/** The worst truth for the header; nothing at all when all is delivered. */
export function freshness(coverage: Coverage, tail: Tail): string | undefined {
  if (tail.state === 'lost') return 'stream lost'
  const late = coverage.lagging.length
  if (late > 0) return late === 1 ? '1 node late' : `${late} nodes late`
  if (coverage.missingSplits > 0) return 'data missing'
  return undefined
}

/** `13:06 to 14:06`, with the day where it is not one day. */
export function rangeWords(view: Pick<View, 'from' | 'to' | 'zone'>, nowMs: number): string {
  const from = momentOf(view.from, nowMs)
  const to = momentOf(view.to, nowMs)
  if (from === undefined || to === undefined) return `${view.from} to ${view.to}`
  if (from <= 0) return `everything up to ${moment(to, view.zone)}`
  const sameDay = wallDay(from, view.zone) === wallDay(to, view.zone)
  if (sameDay) return `${minute(from, view.zone)} to ${minute(to, view.zone)}`
  return `${moment(from, view.zone)} to ${moment(to, view.zone)}`
}

function minute(ms: number, zone: Zone): string {
  return wallText(ms, zone).slice(11, 16)
}

function wallDay(ms: number, zone: Zone): string {
  return day(nanos(wallClock(ms, zone).getTime()))
}

/** `29 Jan 14:06` */
export function dayAndMinute(time: Nanos, zone: Zone): string {
  return moment(millis(time), zone)
}

function moment(ms: number, zone: Zone): string {
  return `${wallDay(ms, zone)} ${minute(ms, zone)}`
}

/** `38 ms later`: how long a record was on its way. */
export function laterPhrase(at: Nanos, received: Nanos): string {
  const ms = millis(received) - millis(at)
  if (ms === 0) return 'at once'
  return ms < 0 ? `${duration(-ms)} before its time` : `${duration(ms)} later`
}

/** The server's words, without a dot, as a sentence. */
export function sentence(words: string): string {
  return /[.!?]$/.test(words) ? words : `${words}.`
}

/** The server's words begin small, a sentence does not. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function unreadable(splits: number): string {
  return splits === 1 ? 'a stored object cannot be read' : `${count(splits)} stored objects cannot be read`
}
