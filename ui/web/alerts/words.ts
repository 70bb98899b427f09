// The sentences of the Alerts page. Pure, so that each stands in a test.

import { count } from '../logs/words'
import { seen } from '../model/message'
import { MONTHS, roundDuration } from '../model/time'
import { wallClock, wallText, type Zone } from '../model/zone'
import type { Alert, Firing, Labels, Muted, Replayed, Rule } from '../model/alert'

/** So many alerts are named in the answer. */
const NAMED_MAX = 3

/** The page's answer: what fires, and what more there is to say of it. */
export function answerOf(alerts: readonly Alert[], rules: readonly Rule[], clock: (ms: number) => string): readonly [strong: string, rest: string] {
  const firing = alerts.filter(({ state }) => state === 'firing')
  const pending = alerts.length - firing.length
  const failing = rules.filter(({ failing }) => failing !== undefined).length
  const also = [
    pending > 0 ? `${pending === 1 ? 'One more is' : `${count(pending)} more are`} about to.` : '',
    failing > 0 ? `${failing === 1 ? 'One rule' : `${count(failing)} rules`} cannot be evaluated.` : '',
  ]
  if (firing.length === 0) return ['Nothing fires. ', [...also, failing > 0 ? '' : quietWords(rules.length)].filter(Boolean).join(' ')]
  const named = firing.slice(0, NAMED_MAX).map((alert) => `${titleOf(alert)} since ${clock(alert.sinceMs)}`)
  const more = firing.length > NAMED_MAX ? `, and ${count(firing.length - NAMED_MAX)} more` : ''
  const strong = firing.length === 1 ? '1 alert fires. ' : `${count(firing.length)} alerts fire. `
  return [strong, [`${named.join(', ')}${more}.`, ...also].filter(Boolean).join(' ')]
}

function quietWords(rules: number): string {
  if (rules === 0) return 'There is no rule.'
  return rules === 1 ? 'The one rule is quiet.' : `All ${count(rules)} rules are quiet.`
}

/** `Errors of cart` */
export function titleOf({ name, labels }: Pick<Alert, 'name' | 'labels'>): string {
  const whom = whomWords(labels)
  return whom === '' ? seen(name) : `${seen(name)} of ${whom}`
}

/** `22 Nov` */
export function dayWords(ms: number, zone: Zone): string {
  const date = wallClock(ms, zone)
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`
}

/** `22 Nov 01:26` */
export function momentWords(ms: number, zone: Zone): string {
  return `${dayWords(ms, zone)} ${wallText(ms, zone).slice(11, 16)}`
}

/** Whom it is about: the labels' values. */
export function whomWords(labels: Labels): string {
  return Object.values(labels).map(seen).join(', ')
}

/** A value in four figures at most, larger ones with their commas. */
export function valueWords(value: number | undefined): string {
  if (value === undefined) return 'no data'
  if (Math.abs(value) >= 1000) return count(Math.round(value))
  return String(Number(value.toPrecision(4)))
}

export function mutedWords(muted: Muted | undefined): string | undefined {
  if (muted === undefined) return undefined
  if (muted.by === 'dry run') return 'dry run, nobody is told'
  return muted.by === 'silence' ? 'silenced' : `explained by ${seen(muted.id)}`
}

/** What a rule asks, in a line. */
export function ruleWords({ body, failing }: Rule): string {
  if (failing !== undefined) return `cannot be evaluated: ${seen(failing)}`
  const { op = '>', value = 0 } = (body['condition'] ?? {}) as { readonly op?: string; readonly value?: number }
  const long = body['for'] === undefined || body['for'] === null || body['for'] === '0s' ? '' : ` for ${String(body['for'])}`
  const query = seen(String(body['query'] ?? ''))
  return body['slo'] == null ? `${query} ${op} ${valueWords(value)}${long}` : `objective of ${query}`
}

/** When it was evaluated last. */
export function evaluatedWords({ evaluatedMs }: Rule, nowMs: number): string {
  if (evaluatedMs === undefined) return 'not evaluated yet'
  return `evaluated ${roundDuration(Math.max(nowMs - evaluatedMs, 0))} ago`
}

/** How often it would have fired, and how long: the sentence, and what stands beside it. */
export function verdictOf({ firings, leftOut, evaluations }: Replayed, lengthMs: number): { readonly times: string; readonly range: string; readonly beside: readonly string[] } {
  const all = firings.length + leftOut
  const lengths = firings.map(lengthOf).sort((a, b) => a - b)
  const total = lengths.reduce((sum, length) => sum + length, 0)
  const whom = new Set(firings.map(({ labels }) => whomWords(labels))).size
  const range = ` in ${roundDuration(lengthMs)}`
  const beside = [`${count(evaluations)} evaluations`]
  if (all === 0) return { times: 'not once', range, beside }
  if (whom > 1) beside.unshift(`on ${count(whom)}`)
  if (all > 1) beside.unshift(`half of them over ${roundDuration(lengths[Math.floor(lengths.length / 2)] ?? 0)}`)
  beside.unshift(`${roundDuration(total)} in all`)
  if (leftOut > 0) beside.push(`the first ${count(firings.length)} are shown`)
  if (all / (lengthMs / DAY_MS) > OFTEN_A_DAY && all >= OFTEN_LEAST) beside.push('Often: who will read it?')
  return { times: all === 1 ? 'once' : `${count(all)} times`, range, beside }
}

const DAY_MS = 86_400_000
/** What fires more often a day is hardly read. */
const OFTEN_A_DAY = 10
const OFTEN_LEAST = 10

function lengthOf({ fromMs, toMs }: Firing): number {
  return toMs - fromMs
}

/** Whether each of the typed words occurs in what an entry of the history says. */
export function fits(alert: Alert, typed: string): boolean {
  const text = [alert.name, alert.rule, alert.state, alert.severity, alert.reason, alert.summary, ...Object.entries(alert.labels).flat()].join(' ').toLowerCase()
  return typed.toLowerCase().split(/\s+/).every((word) => text.includes(word))
}

/** The shape of an alert. */
export function markOf({ state, severity, muted }: Alert): 'failing' | 'warning' | 'silent' | 'plain' {
  if (state === 'resolved' || muted !== undefined) return 'plain'
  if (state === 'pending') return 'silent'
  return severity === 'critical' ? 'failing' : severity === 'warning' ? 'warning' : 'plain'
}
