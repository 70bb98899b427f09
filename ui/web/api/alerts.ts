// The requests of the Alerts page: what fires, what has fired, rules and their replay, silences, deliveries.

import type { Alert, AlertSeverity, AlertState, Delivery, Firing, Labels, Matcher, Muted, Replayed, Rule, RuleBody, Silence } from '../model/alert'
import { ALERT_HISTORY_PAGE } from '../model/limits'
import type { Json } from '../model/record'
import { isObject } from '../model/span'
import { type Body, get, post, put, remove } from './request'
import type { components } from './schema'

type Schemas = components['schemas']
type WireRule = Body<'/api/v1/rules'>

interface Range {
  readonly from: string
  readonly to: string
}

/** What is pending or fires. */
export async function alerts(signal: AbortSignal): Promise<readonly Alert[]> {
  return (await get('/api/v1/alerts', {}, signal)).alerts.map(toAlert)
}

/** What began to fire and what ended, the newest first; goes on behind a cursor. */
export async function alertHistory(
  { from, to }: Range,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<{ readonly alerts: readonly Alert[]; readonly cursor: string | undefined }> {
  const asked = { from, to, cursor, limit: String(ALERT_HISTORY_PAGE) }
  const answer = await get('/api/v1/alerts/history', asked, signal)
  return { alerts: answer.alerts.map(toAlert), cursor: answer.cursor ?? undefined }
}

/** The newest first. */
export async function deliveries(signal: AbortSignal): Promise<readonly Delivery[]> {
  const answer = await get('/api/v1/alerts/deliveries', {}, signal)
  return answer.deliveries.map(({ id, destination, rule, time, attempts, reason, alerts }) => ({
    ...{ id, destination, rule, attempts },
    timeMs: Date.parse(time),
    refusal: reason ?? undefined,
    alerts: alerts.map(toAlert),
  }))
}

export async function rules(signal: AbortSignal): Promise<readonly Rule[]> {
  return (await get('/api/v1/rules', {}, signal)).rules.map(toRule)
}

/** Adds a rule; gives what it became, with its id. */
export async function createRule(body: RuleBody): Promise<Rule | undefined> {
  return (await post('/api/v1/rules', wireOf(body))).rules.map(toRule)[0]
}

/** Puts a rule in the place of the one of that id. */
export async function replaceRule(id: string, body: RuleBody): Promise<void> {
  await put('/api/v1/rules/{id}', { id }, wireOf(body))
}

export async function deleteRule(id: string): Promise<void> {
  await remove('/api/v1/rules/{id}', { id })
}

/** When a rule would have fired, on what had been received by then, or on all that is there now. */
export async function replay(body: RuleBody, { from, to, seen }: Range & { readonly seen: 'then' | 'now' }, signal: AbortSignal): Promise<Replayed> {
  const answer = await post('/api/v1/rules/replay', { rule: wireOf(body), from, to, seen }, signal)
  const { intervals, intervals_left_out, evaluations, complete, curve } = answer
  return { firings: intervals.map((interval) => toFiring(interval as Members)), leftOut: intervals_left_out, evaluations, complete, curve: (curve ?? []).map((value) => value ?? undefined) }
}

/** Those that are over included. */
export async function silences(signal: AbortSignal): Promise<readonly Silence[]> {
  const answer = await get('/api/v1/silences', {}, signal)
  return answer.silences.map(({ id, matchers, from, to, comment }) => ({
    ...{ id, comment },
    matchers: matchers.map(({ name, op, value }) => ({ name, op: (op ?? '=') as Matcher['op'], value })),
    fromMs: Date.parse(from),
    toMs: Date.parse(to),
  }))
}

export async function createSilence(silence: Range & { readonly matchers: readonly Matcher[]; readonly comment: string }): Promise<void> {
  await post('/api/v1/silences', silence)
}

export async function endSilence(id: string): Promise<void> {
  await remove('/api/v1/silences/{id}', { id })
}

type Members = Readonly<Record<string, unknown>>

const STATES: readonly string[] = ['pending', 'firing', 'resolved']
const SEVERITIES: readonly string[] = ['info', 'warning', 'critical']

function toAlert(wire: Schemas['Alert']): Alert {
  const { alertname, ...labels } = textsOf(wire.labels)
  const annotations = textsOf(wire.annotations)
  return {
    id: wire.id,
    rule: wire.rule,
    name: alertname ?? wire.rule,
    state: STATES.includes(wire.state) ? (wire.state as AlertState) : 'firing',
    severity: SEVERITIES.includes(wire.severity) ? (wire.severity as AlertSeverity) : 'warning',
    labels,
    value: wire.value ?? undefined,
    sinceMs: Date.parse(wire.since),
    untilMs: wire.until == null ? undefined : Date.parse(wire.until),
    reason: wire.reason,
    summary: annotations['summary'],
    runbook: webAddress(annotations['runbook']),
    complete: wire.complete,
    link: /^\/(?!\/)/.test(wire.link) ? wire.link : undefined,
    muted: toMuted(wire.muted),
    late: wire.late === true,
  }
}

/** Only what a browser opens: an address that runs something is none. */
function webAddress(text: string | undefined): string | undefined {
  return text !== undefined && /^https?:\/\//.test(text) ? text : undefined
}

function toMuted(wire: unknown): Muted | undefined {
  if (wire === 'dry_run') return { by: 'dry run' }
  if (!isObject(wire as Json)) return undefined
  const { silenced, inhibited } = wire as Members
  if (typeof silenced === 'string') return { by: 'silence', id: silenced }
  return typeof inhibited === 'string' ? { by: 'rule', id: inhibited } : undefined
}

function toRule(wire: WireRule): Rule {
  const { source, failing, evaluated, ...body } = wire
  return {
    id: wire.id ?? wire.name,
    name: wire.name,
    source: source === 'default' || source === 'file' ? source : 'api',
    failing: failing ?? undefined,
    evaluatedMs: evaluated == null ? undefined : Date.parse(evaluated),
    body: body as RuleBody,
  }
}

/** What is wrong with it is for the server to say. */
function wireOf(body: RuleBody): WireRule {
  return body as unknown as WireRule
}

function toFiring({ from, to, labels, peak }: Members): Firing {
  const { alertname: _, ...others } = textsOf(labels)
  return { fromMs: Date.parse(String(from)), toMs: Date.parse(String(to)), labels: others, peak: typeof peak === 'number' ? peak : undefined }
}

function textsOf(wire: unknown): Labels {
  if (typeof wire !== 'object' || wire === null) return {}
  return Object.fromEntries(Object.entries(wire).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])))
}
