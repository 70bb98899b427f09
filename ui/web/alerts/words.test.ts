// What the Alerts page says.

import { expect, test } from 'vitest'
import type { Alert, Firing, Rule } from '../model/alert'
import { roundDuration } from '../model/time'
import { answerOf, dayWords, evaluatedWords, fits, markOf, momentWords, mutedWords, ruleWords, valueWords, verdictOf } from './words'
import { testAlert } from './testAlert'

const RULE: Rule = { id: 'errors', name: 'Errors', source: 'default', failing: undefined, evaluatedMs: 60_000, body: { query: 'severity:error', condition: { op: '>', value: 5 }, for: '2m' } }
const clock = (ms: number) => `at ${ms}`

test.each<[string, readonly Alert[], readonly Rule[], string]>([
  ['quiet', [], [RULE, RULE], 'Nothing fires. All 2 rules are quiet.'],
  ['no rule', [], [], 'Nothing fires. There is no rule.'],
  ['one', [testAlert({ sinceMs: 7 })], [RULE], '1 alert fires. Errors of cart since at 7.'],
  ['pending', [testAlert({ state: 'pending' })], [RULE], 'Nothing fires. One more is about to. The one rule is quiet.'],
  ['a rule fails', [], [{ ...RULE, failing: 'no' }], 'Nothing fires. One rule cannot be evaluated.'],
  ['many', Array.from({ length: 5 }, (_, n) => testAlert({ sinceMs: n })), [], '5 alerts fire. Errors of cart since at 0, Errors of cart since at 1, Errors of cart since at 2, and 2 more.'],
])('the answer when: %s', (_, alerts, rules, said) => {
  expect(answerOf(alerts, rules, clock).join('')).toBe(said)
})

test.each([
  [undefined, 'no data'],
  [0, '0'],
  [0.123456, '0.1235'],
  [812.4, '812.4'],
  [61_234.5, '61,235'],
])('the value %s is written %s', (value, words) => {
  expect(valueWords(value)).toBe(words)
})

test('a moment has its day', () => {
  const ms = Date.parse('2026-11-02T01:26:09Z')
  expect([dayWords(ms, 'utc'), momentWords(ms, 'utc')]).toEqual(['2 Nov', '2 Nov 01:26'])
})

test('a rule is a line, and says why it cannot be evaluated', () => {
  expect(ruleWords(RULE)).toBe('severity:error > 5 for 2m')
  expect(ruleWords({ ...RULE, failing: 'no destination' })).toBe('cannot be evaluated: no destination')
})

test('when it was evaluated last is said', () => {
  expect(evaluatedWords(RULE, 68_000)).toBe(`evaluated ${roundDuration(8_000)} ago`)
  expect(evaluatedWords({ ...RULE, evaluatedMs: undefined }, 0)).toBe('not evaluated yet')
})

test('who is told of nothing is said why', () => {
  expect(mutedWords(undefined)).toBeUndefined()
  expect(mutedWords({ by: 'rule', id: 'node-gone' })).toBe('explained by node-gone')
})

const MINUTE = 60_000
const firing = (from: number, minutes: number, component = 'cart'): Firing => ({ fromMs: from * MINUTE, toMs: (from + minutes) * MINUTE, labels: { component }, peak: 1 })

test('a replay says how often, how long, on how many', () => {
  const told = { leftOut: 0, evaluations: 60, complete: true, curve: [] }
  expect(verdictOf({ ...told, firings: [] }, 60 * MINUTE)).toEqual({ times: 'not once', range: ' in 1 h', beside: ['60 evaluations'] })
  expect(verdictOf({ ...told, firings: [firing(0, 5)] }, 60 * MINUTE).times).toBe('once')
  expect(verdictOf({ ...told, firings: [firing(0, 5), firing(9, 1), firing(20, 3, 'pay')] }, 60 * MINUTE)).toEqual({
    times: '3 times',
    range: ' in 1 h',
    beside: ['9 m in all', 'half of them over 3 m', 'on 2', '60 evaluations'],
  })
  const often = Array.from({ length: 11 }, (_, n) => firing(n * 2, 1))
  expect(verdictOf({ ...told, firings: often }, 1440 * MINUTE).beside.at(-1)).toBe('Often: who will read it?')
})

test('an entry is found by its name, its labels and its reason', () => {
  const alert = testAlert({ reason: 'the value was 9' })
  for (const typed of ['', 'errors', 'CART value', 'component']) expect(fits(alert, typed)).toBe(true)
  expect(fits(alert, 'cart payment')).toBe(false)
})

test.each<[Partial<Alert>, string]>([
  [{ severity: 'critical' }, 'failing'],
  [{ severity: 'warning' }, 'warning'],
  [{ severity: 'info' }, 'plain'],
  [{ severity: 'critical', state: 'pending' }, 'silent'],
  [{ severity: 'critical', state: 'resolved' }, 'plain'],
  [{ severity: 'critical', muted: { by: 'dry run' } }, 'plain'],
])('the shape of %o is %s', (alert, mark) => {
  expect(markOf(testAlert(alert))).toBe(mark)
})
