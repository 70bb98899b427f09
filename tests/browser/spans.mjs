// Traces of a small shop, the same every time: what the tests look for can be reckoned from the number of a
// trace. They are sent as an SDK sends them: OTLP as JSON.

import { until } from './stage.mjs'

export const FROM_MS = Date.parse('2026-03-05T10:00:00Z')
export const RANGE = { from: '2026-03-05T10:00:00Z', to: '2026-03-05T11:00:00Z' }
export const TRACES = 120
const STEP_MS = 30_000

/** What a product needs so that two of them run side by side. */
export const PARAMETERS = ['--otlp-grpc', 'none', '--otlp-http', 'none']

export const traceId = (n) => (0xabc0000 + n).toString(16).padStart(32, '0')
export const spanId = (n) => n.toString(16).padStart(16, '0')

/** One in ten fails, in payment, and checkout passes it on. */
export const fails = (i) => i % 10 === 3
export const durationMs = (i) => 20 + i * 5

/** The spans of trace `i`: frontend calls checkout, which calls payment for half of the time. */
export function shopTrace(i) {
  const at = FROM_MS + i * STEP_MS
  const whole = durationMs(i)
  const failed = fails(i)
  const id = (n) => spanId(i * 100 + n)
  const common = { trace: traceId(i) }
  return [
    { ...common, id: id(1), service: 'frontend', name: 'GET /buy', kind: 2, at, ms: whole, node: 'node-a', attributes: { customer: `c${i % 7}` } },
    { ...common, id: id(2), parent: id(1), service: 'frontend', name: 'POST', kind: 3, at: at + 1, ms: whole - 2, node: 'node-a', failed },
    { ...common, id: id(3), parent: id(2), service: 'checkout', name: 'POST /orders', kind: 2, at: at + 2, ms: whole - 4, node: 'node-b', failed },
    {
      ...common,
      id: id(4),
      parent: id(3),
      service: 'payment',
      name: 'charge card',
      kind: 1,
      at: at + 3,
      ms: whole / 2,
      node: 'node-c',
      failed,
      events: failed ? [{ name: 'exception', at: at + 4, attributes: { 'exception.message': 'card declined by the bank' } }] : [],
    },
  ]
}

export function shopTraces(count = TRACES) {
  return Array.from({ length: count }, (_, i) => shopTrace(i)).flat()
}

const value = (said) => (typeof said === 'string' ? { stringValue: said } : Number.isInteger(said) ? { intValue: String(said) } : { doubleValue: said })
const attributes = (all) => Object.entries(all).map(([key, said]) => ({ key, value: value(said) }))
const nanos = (ms) => String(BigInt(Math.round(ms * 1e3)) * 1_000n)

const resource = ({ service, node }) => ({ attributes: attributes({ 'service.name': service, 'k8s.node.name': node ?? 'node-a' }) })

function written({ trace, id, parent, name, kind = 1, at, ms, failed, attributes: said = {}, events = [], links = [] }) {
  return {
    traceId: trace,
    spanId: id,
    ...(parent === undefined ? {} : { parentSpanId: parent }),
    name,
    kind,
    startTimeUnixNano: nanos(at),
    endTimeUnixNano: nanos(at + ms),
    attributes: attributes(said),
    events: events.map((event) => ({ name: event.name, timeUnixNano: nanos(event.at), attributes: attributes(event.attributes) })),
    links: links.map((link) => ({ traceId: link.trace, spanId: link.id })),
    ...(failed ? { status: { code: 2 } } : {}),
  }
}

async function post(product, path, body) {
  const response = await fetch(`${product.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
}

/** Sends spans, some thousand at a time, and waits until all of their traces are found. */
export async function send(product, spans) {
  for (let at = 0; at < spans.length; at += 2_000) {
    const part = spans.slice(at, at + 2_000)
    const groups = grouped(part, ({ service, node }) => `${service} ${node}`)
    const resourceSpans = [...groups.values()].map((group) => ({ resource: resource(group[0]), scopeSpans: [{ scope: {}, spans: group.map(written) }] }))
    await post(product, '/v1/traces', { resourceSpans })
  }
  const last = spans.at(-1)
  await until('the last span', async () => {
    const answer = await fetch(`${product.url}/api/v1/traces/${last.trace}`)
    if (!answer.ok) return false
    const wanted = spans.filter(({ trace }) => trace === last.trace).length
    const { spans: found, cursor } = await answer.json()
    return cursor !== undefined || found.length >= wanted
  })
}

/** Sends lines of logs that belong to spans: `{trace, id, service, node, at, severity, message}`. */
export async function write(product, lines) {
  const resourceLogs = lines.map((line) => ({
    resource: resource(line),
    scopeLogs: [
      {
        scope: {},
        logRecords: [
          { timeUnixNano: nanos(line.at), severityNumber: line.severity === 'error' ? 17 : 9, severityText: line.severity, body: { stringValue: line.message }, traceId: line.trace, spanId: line.id },
        ],
      },
    ],
  }))
  await post(product, '/v1/logs', { resourceLogs })
}

function grouped(all, keyOf) {
  const groups = new Map()
  for (const one of all) {
    const key = keyOf(one)
    if (groups.has(key)) groups.get(key).push(one)
    else groups.set(key, [one])
  }
  return groups
}
