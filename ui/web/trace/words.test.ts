// What the Trace page says first.

import { expect, test } from 'vitest'
import { toRecord } from '../api/wire'
import { toSpan, type WireSpan } from '../api/traces'
import { forestOf, type Trace } from '../model/trace'
import { rowsOf } from '../model/traceRows'
import { rowName, rowSentence } from './rowNames'
import { answerOf, causeOf, firstToSee, linesBySpan, skewSentence } from './words'

const at = (ms: number) => new Date(Date.UTC(2026, 0, 29, 14) + ms).toISOString()

function span(id: string, parent: string | undefined, service: string, startMs: number, durationMs: number, more: Partial<WireSpan> = {}): WireSpan {
  return { span_id: id, parent_span_id: parent, service, operation: `do ${id}`, start: at(startMs), duration_ms: durationMs, ...more }
}

function traceOf(spans: readonly WireSpan[], logs: readonly [span: string, severity: string, message: string][] = [], critical: Readonly<Record<string, number>> = {}): Trace {
  const records = logs.map(([span_id, severity, message], n) => toRecord({ source: 's', position: n, time: at(n), severity: severity as 'error', message, span_id }))
  return { id: 't', spans: spans.map(toSpan), logs: records, skewMs: new Map(), critical: new Map(Object.entries(critical)), cut: false }
}

const ERROR = { status: 'error' } as const
const whole = (name: string) => name
const said = (trace: Trace) => {
  const { bad, rest } = answerOf(trace, forestOf(trace, true), whole)
  return bad + rest
}
const ROOT = span('a', undefined, 'gateway', 0, 100)
const exception = (message: string) => ({ events: [{ name: 'exception', attributes: { 'exception.message': message } }] })

test.each<[string, Trace, string]>([
  ['one span', traceOf([ROOT]), '100 % of the time is gateway’s own, 100 ms of it in one do a.'],
  ['no time at all', traceOf([span('a', undefined, 'x', 0, 0), span('b', 'a', 'x', 0, 0)]), '2 spans that took no time.'],
  ['most of the time in a child', traceOf([ROOT, span('b', 'a', 'seat', 10, 60)]), '60 % of the time is seat’s own, 60 ms of it in one do b.'],
  ['as the server reckoned it', traceOf([ROOT, span('b', 'a', 'seat', 10, 60)], [], { a: 75, b: 25 }), '75 % of the time is gateway’s own, 40 ms of it in one do a.'],
  ['a failure that nobody explains', traceOf([ROOT, span('b', 'a', 'seat', 10, 60, ERROR)]), 'Failed in seat: do b.'],
  [
    'a failure, its exception, and who passed it on',
    traceOf([span('a', undefined, 'gateway', 0, 100, ERROR), span('b', 'a', 'travel', 5, 90, ERROR), span('c', 'b', 'seat', 10, 60, { ...ERROR, ...exception('no seat left') })]),
    'Failed in seat: do c, no seat left. travel and gateway passed the error on.',
  ],
  ['a failure, by its line', traceOf([span('a', undefined, 'gateway', 0, 100, ERROR)], [['a', 'info', 'x'], ['a', 'error', 'bad luck!\n  at x']]), 'Failed in gateway: do a, bad luck!'],
  ['a failure, by its line of a file', traceOf([span('a', undefined, 'gateway', 0, 100, ERROR)], [['a', 'error', '2026-01-29T14:05:16.412Z ERROR [trace_id=1 span_id=2] pool exhausted status=500 duration_ms=0.4']]), 'Failed in gateway: do a, pool exhausted.'],
  ['a failure, by its line of logfmt', traceOf([span('a', undefined, 'gateway', 0, 100, ERROR)], [['a', 'error', 'time=now level=error msg="pool exhausted" status=500']]), 'Failed in gateway: do a, pool exhausted.'],
  ['two failures in one service', traceOf([ROOT, span('b', 'a', 'seat', 10, 6, ERROR), span('c', 'a', 'seat', 20, 6, ERROR)]), 'Failed in 2 places, all in seat. The first is in do b.'],
  ['two failures in two', traceOf([ROOT, span('b', 'a', 'seat', 10, 6, ERROR), span('c', 'a', 'food', 20, 6, ERROR)]), 'Failed in 2 places, in 2 services. The first is in seat: do b.'],
  ['names that act', traceOf([span('a', undefined, '\u202ex', 0, 1, { ...ERROR, operation: '\u0007y' })]), 'Failed in \\u202ex: \\x07y.'],
])('%s', (_, trace, sentence) => {
  expect(said(trace)).toBe(sentence)
})

test('of many spans their number comes first', () => {
  const many = Array.from({ length: 1_000 }, (_, n) => span(`s${n}`, n === 0 ? undefined : 's0', 'x', 0, 10))
  expect(said(traceOf(many))).toMatch(/^1,000 spans\. 100 % of the time is x’s own/)
  expect(said(traceOf(many.slice(1)))).toMatch(/^100 %/)
})

test('a cause is short, its end is what counts', () => {
  const long = `Servlet failed ${'x'.repeat(200)} nested exception is java.lang.IllegalStateException: No instances for train`
  const trace = traceOf([span('a', undefined, 'x', 0, 1, { ...ERROR, ...exception(long) })])
  const [node] = forestOf(trace, true).nodes
  expect(node && causeOf(trace, node)).toBe('IllegalStateException: No instances for train')
})

test('first to see is the origin of a failure, or else the slowest', () => {
  expect(firstToSee(forestOf(traceOf([ROOT, span('b', 'a', 'x', 10, 60)]), true))?.id).toBe('b')
  expect(firstToSee(forestOf(traceOf([ROOT, span('b', 'a', 'x', 10, 60), span('c', 'a', 'x', 80, 5, ERROR)]), true))?.id).toBe('c')
  expect(firstToSee(forestOf(traceOf([]), true))).toBeUndefined()
})

test('lines are with their spans, and those of none together', () => {
  const { logs } = traceOf([ROOT], [['a', 'info', '1'], ['b', 'info', '2'], ['a', 'warn', '3']])
  const lines = linesBySpan([...logs, toRecord({ source: 's', position: 9 })])
  expect([...lines].map(([id, of]) => [id, of.length])).toEqual([['a', 2], ['b', 1], ['', 1]])
})

test('clocks are told by how much they differ', () => {
  expect(skewSentence(new Map([['n1', -3], ['n2', 600_000]]))).toBe('n2 is 10 m ahead; n1 is 3.0 ms behind')
})

test('a row has its service where it differs from the one above, and a call says where it goes', () => {
  const trace = traceOf([ROOT, span('b', 'a', 'gateway', 1, 9, { kind: 'client', operation: 'GET' }), span('c', 'b', 'seat', 2, 5, ERROR), span('d', 'lost', 'seat', 2, 5)])
  const rows = rowsOf(forestOf(trace, true), { turned: new Set(['b']), criticalOnly: false })
  expect(rows.map((row) => rowName(row, whole))).toEqual([
    { service: 'gateway', text: 'do a' },
    { service: '', text: '2 spans  GET to seat' },
    { service: '', text: 'parent lost never arrived' },
    { service: 'seat', text: 'do d' },
  ])
  expect(rows[0] && rowSentence(rows[0], whole, '100 ms')).toBe('gateway, do a, 100 ms, on the critical path')
})
