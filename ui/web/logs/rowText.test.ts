// What a row says of a record.

import { expect, test } from 'vitest'
import { type Json, type LogRecord, recordKey, type SourceId } from '../model/record'
import { type Nanos, parseTime } from '../model/time'
import { columnText, dayOf, messagePieces, searched } from './rowText'

test.each([
  ['', 'any', []],
  ['severity:error', 'error', []],
  ['Failed', 'failed FAILED fail', ['failed', 'FAILED']],
  ['"connection reset"', 'Connection Reset by', ['Connection Reset']],
  ['conn*', 'connection', ['conn']],
  ['message:"a.b"', 'a.b axb', ['a.b']],
  ['-gone NOT away here', 'gone away here', ['here']],
  ['a OR b', 'a or b', ['a', 'b']],
  ['x | stats count() by error', 'x error', ['x']],
  ['say\\"', 'say"', ['say"']],
])('%j marks in %j the words %j', (q, text, words) => {
  expect([...text.matchAll(searched(q) ?? /(?!)/g)].map(([word]) => word)).toEqual(words)
})

const shown = (message: string, chars: number, wrap: boolean, q = '') =>
  messagePieces(message, chars, wrap, searched(q)).map(({ text, className, marked }) => `${className}${marked ? '!' : ''}|${text}`)

test('a message is cut into its colours and the searched words', () => {
  expect(shown('\u001b[31mred alert\u001b[0m ends', 99, false, 'alert')).toEqual(['ansi-red|red ', 'ansi-red!|alert', '| ends'])
})

test('a squeezed message has a beginning, a cut and a cause; a wrapped one is whole', () => {
  const message = `it failed here ${'x'.repeat(80)} caused by: a.b.C: why`
  expect(shown(message, 60, false)).toEqual(['|it failed here ', 'cut-out|⋯ ', 'cause|C: why'])
  expect(shown(message, 60, true)).toEqual([`|${message}`])
})

const record = (raw: { [key: string]: Json }): LogRecord => ({
  key: recordKey('s', 1),
  at: 0n as Nanos,
  source: 's' as SourceId,
  severity: 'info',
  component: '',
  node: '',
  message: '',
  raw,
})

test.each([
  ['node', 'n1'],
  ['path', '/a'],
  ['attributes.path', '/a'],
  ['attributes.node', 'other'],
  ['k8s.pod', 'flat'],
  ['http.request.method', 'GET'],
  ['http.request', '{"method":"GET"}'],
  ['many', '[1,2]'],
  ['nothing', ''],
  ['toString', ''],
  ['two', 'a ⏎ b\\x07'],
])('the column %s shows %j', (name, text) => {
  const attributes = { path: '/a', node: 'other', 'k8s.pod': 'flat', http: { request: { method: 'GET' } }, many: [1, 2], two: 'a\nb\u0007' }
  expect(columnText(record({ node: 'n1', attributes }), name)).toBe(text)
})

test('a day is said short', () => {
  expect(dayOf(parseTime('2026-01-29T14:05:16Z') as Nanos, 'utc')).toBe('29 Jan')
})
