// What the Traces page says first.

import { expect, test } from 'vitest'
import type { TraceSeen } from '../api/traces'
import { nanos } from '../model/time'
import { answerOf, scatterSentence } from './words'

const trace = (service: string, durationMs: number, errors = 0): TraceSeen => ({ id: '', service, operation: 'do', at: nanos(0), durationMs, spans: 1, errors, path: undefined })
const whole = (name: string) => name
const said = (found: readonly TraceSeen[], more = false, order: 'start' | 'duration' = 'start') => answerOf(found, more, order, whole)

test.each<[string, readonly TraceSeen[], string, string]>([
  ['one that is well', [trace('a', 5)], '', 'The one trace has no error.'],
  ['one that failed', [trace('a', 5, 1)], 'The one trace has errors.', ''],
  ['all well', [trace('a', 5), trace('b', 2_000)], '', 'None of 2 traces has an error. Half take up to 5.0 ms; the slow tail is b, up to 2.00 s.'],
  ['all failures in one', [trace('a', 5, 1), trace('b', 7)], '50 % of 2 traces have errors, all of them begin in a. ', 'Half take up to 5.0 ms; the slow tail is b, up to 7.0 ms.'],
  ['failures everywhere', [trace('a', 5, 1), trace('b', 7, 1)], '100 % of 2 traces have errors. ', 'Half take up to 5.0 ms; the slow tail is b, up to 7.0 ms.'],
  ['all from one place', [trace('a', 5), trace('a', 7)], '', 'None of 2 traces has an error. Half take up to 5.0 ms, the slowest 7.0 ms.'],
  ['one service, two operations', [trace('a', 5), { ...trace('a', 7), operation: 'sell' }], '', 'None of 2 traces has an error. Half take up to 5.0 ms; the slow tail is sell, up to 7.0 ms.'],
  ['a name that turns the line', [trace('a\u202eb', 5, 1), trace('b', 7)], '50 % of 2 traces have errors, all of them begin in a\\u202eb. ', 'Half take up to 5.0 ms; the slow tail is b, up to 7.0 ms.'],
])('%s', (_, found, bad, rest) => {
  expect(said(found)).toEqual({ bad, rest })
})

test('where there are more it is said which these are', () => {
  const found = [trace('a', 5), trace('b', 7)]
  expect(said(found, true).rest).toMatch(/^None of the newest 2 traces has an error\./)
  expect(said(found, true, 'duration').rest).toMatch(/^None of the slowest 2 traces/)
})

test('the drawing is said in a sentence', () => {
  expect(scatterSentence([trace('a', 5, 1), trace('b', 7)], '13:06', '14:06')).toBe('Durations of 2 traces from 13:06 to 14:06: p50 5.0 ms, p95 7.0 ms, p99 7.0 ms; 1 with errors')
  expect(scatterSentence([], '13:06', '14:06')).toBe('No trace from 13:06 to 14:06')
})
