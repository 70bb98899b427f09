// The sentences of the Trace page: where it failed, or where its time went. Pure.

import { count } from '../logs/words'
import { innerMessage, seen } from '../model/message'
import type { Shorten } from '../model/names'
import { percent } from '../model/percent'
import { isError, type LogRecord } from '../model/record'
import { requestOf } from '../model/request'
import { attributesOf, isObject, type Span } from '../model/span'
import { squeeze } from '../model/squeeze'
import { duration } from '../model/time'
import { fails, type Forest, isOrigin, type Trace, type TraceNode } from '../model/trace'
import { lengthOf } from '../model/traceCritical'

/** An answer: what is bad about it, then the rest. */
export interface Answer {
  readonly bad: string
  readonly rest: string
}

/** Characters of a cause in the sentence; the detail has all of it. */
const CAUSE_CHARS = 110
/** From here on the sentence begins with the number of spans. */
const MANY_SPANS = 1_000

export function answerOf(trace: Trace, forest: Forest, shorten: Shorten): Answer {
  const many = forest.spans >= MANY_SPANS ? `${count(forest.spans)} spans. ` : ''
  const origins = forest.nodes.filter(isOrigin)
  if (origins.length === 0) return { bad: '', rest: many + timeSentence(trace, forest, shorten) }
  const [first] = origins as [TraceNode, ...TraceNode[]]
  const where = shorten(serviceOf(first))
  if (origins.length === 1) {
    return { bad: `${many}Failed in ${where}: `, rest: `${causeOrOperation(trace, first)} ${passedOn(first, shorten)}`.trim() }
  }
  const services = new Set(origins.map(serviceOf))
  const all = services.size === 1 ? `all in ${where}` : `in ${count(services.size)} services`
  return { bad: `${many}Failed in ${count(origins.length)} places, ${all}. `, rest: `The first is in ${services.size === 1 ? seen(first.span?.operation ?? '') : `${where}: ${causeOrOperation(trace, first)}`}`.replace(/\.?$/, '.') }
}

function serviceOf(node: TraceNode): string {
  return seen(node.span?.service || 'unknown')
}

/** Its operation, and why where somebody said it. */
function causeOrOperation(trace: Trace, node: TraceNode): string {
  const operation = seen(node.span?.operation ?? '')
  const cause = causeOf(trace, node)
  const text = cause === undefined ? operation : `${operation}, ${cause}`
  return /[.!?…]$/.test(text) ? text : `${text}.`
}

/** What the failing span says of its failure: the exception that it recorded, or the error it wrote. */
export function causeOf({ logs }: Pick<Trace, 'logs'>, { span }: TraceNode): string | undefined {
  if (span === undefined) return undefined
  const said = exceptionOf(span) ?? errorOf(logs, span)
  const [line] = seen(said ?? '').trim().split('\n')
  if (line === undefined || line === '') return undefined
  const squeezed = squeeze(line, CAUSE_CHARS)
  const short = squeezed === undefined ? line : squeezed.cause
  return short.length > CAUSE_CHARS ? `${short.slice(0, CAUSE_CHARS)}…` : short
}

const LOGFMT = /\bmsg="((?:[^"\\]|\\.){1,2000})"/
/** `2026-01-29T14:05:16.4Z ERROR [trace_id=… span_id=…] ` */
const BEFORE = /^(?:\[?\d{4}-\d\d-\d\d[T ][\d:.,]+\S*\s+)?(?:\[?(?:ERROR|FATAL|CRITICAL|SEVERE)\]?:?\s+)?(?:\[[^\]]*trace_?id[^\]]*\]\s*)?/i

/** ` status=500 duration_ms=0.4` */
const BEHIND = /(?:\s[\w.]{1,40}=[^\s=]{1,80}){1,20}$/

/** The first error line of a span: what it says, without the time, severity and ids before it and the fields behind it. */
function errorOf(logs: readonly LogRecord[], span: Span): string | undefined {
  const message = logs.find((record) => isError(record) && requestOf(record).span === span.id)?.message
  return message === undefined ? undefined : (innerMessage(message) ?? LOGFMT.exec(message)?.[1] ?? message.replace(BEFORE, '').replace(BEHIND, ''))
}

function exceptionOf(span: Span): string | undefined {
  const events = Array.isArray(span.raw.events) ? span.raw.events : []
  for (const event of events) {
    if (!isObject(event) || event.name !== 'exception') continue
    const attributes = new Map(attributesOf(event.attributes))
    const said = attributes.get('exception.message') ?? attributes.get('exception.type')
    if (typeof said === 'string' && said !== '') return said
  }
  return undefined
}

/** `travel and gateway passed the error on.` */
function passedOn(origin: TraceNode, shorten: Shorten): string {
  const services: string[] = []
  for (let above = origin.parent; above !== undefined; above = above.parent) {
    if (!fails(above)) continue
    const service = shorten(serviceOf(above))
    if (service !== shorten(serviceOf(origin)) && !services.includes(service)) services.push(service)
  }
  if (services.length === 0) return ''
  const last = services.pop() ?? ''
  return `${services.length === 0 ? last : `${services.join(', ')} and ${last}`} passed the error on.`
}

function timeSentence(trace: Trace, forest: Forest, shorten: Shorten): string {
  const shares = criticalShares(trace, forest)
  const whole = [...shares.values()].reduce((sum, ms) => sum + ms, 0)
  if (whole === 0) return forest.spans === 1 ? 'A single span.' : `${count(forest.spans)} spans that took no time.`
  const [service, ms] = [...shares].reduce((most, one) => (one[1] > most[1] ? one : most))
  const slowest = slowestOf(forest, service)
  const part = slowest?.span === undefined ? '' : `, ${duration(lengthOf(slowest.critical))} of it in one ${seen(slowest.span.operation)}`
  return `${percent(ms / whole)} of the time is ${shorten(seen(service || 'unknown'))}’s own${part}.`
}

/** How long each service kept the whole waiting, as the server reckoned it. */
export function criticalShares({ critical }: Pick<Trace, 'critical'>, { nodes }: Forest): ReadonlyMap<string, number> {
  const shares = new Map<string, number>()
  for (const node of nodes) {
    if (node.span === undefined) continue
    const ms = critical.size === 0 ? lengthOf(node.critical) : (critical.get(node.id) ?? 0)
    if (ms > 0) shares.set(node.span.service, (shares.get(node.span.service) ?? 0) + ms)
  }
  return shares
}

function slowestOf({ nodes }: Forest, service: string): TraceNode | undefined {
  const own = nodes.filter((node) => node.span?.service === service && node.critical.length > 0)
  return own.reduce<TraceNode | undefined>((most, node) => (most === undefined || lengthOf(node.critical) > lengthOf(most.critical) ? node : most), undefined)
}

/** The span to look at first: where it failed, or where its time went. */
export function firstToSee(forest: Forest): TraceNode | undefined {
  const origin = forest.nodes.find(isOrigin)
  if (origin !== undefined) return origin
  const spans = forest.nodes.filter(({ span }) => span !== undefined)
  return spans.reduce<TraceNode | undefined>((most, node) => (most === undefined || lengthOf(node.critical) > lengthOf(most.critical) ? node : most), undefined)
}

/** The lines of each span, by its id; those of no span that is here are under the empty name. */
export function linesBySpan(logs: readonly LogRecord[]): ReadonlyMap<string, readonly LogRecord[]> {
  const found = new Map<string, LogRecord[]>()
  for (const record of logs) {
    const span = requestOf(record).span ?? ''
    const lines = found.get(span)
    if (lines === undefined) found.set(span, [record])
    else lines.push(record)
  }
  return found
}

/** `node-3 is 10 min ahead`: whose clocks differ, the worst first. */
export function skewSentence(skewMs: ReadonlyMap<string, number>): string {
  const clocks = [...skewMs].toSorted((a, b) => Math.abs(b[1]) - Math.abs(a[1]))
  return clocks.map(([node, ms]) => `${seen(node)} is ${duration(Math.abs(ms))} ${ms > 0 ? 'ahead' : 'behind'}`).join('; ')
}
