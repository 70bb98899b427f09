// Answers of this server, an older and a newer one.

import { expect, test } from 'vitest'
import { COMPLETE } from '../model/coverage'
import { queryString, toFault } from './request'
import { parseTime } from '../model/time'
import { toCompletion, toCoverage, toRecord } from './wire'

test('a record of which hardly anything is known still is a row', () => {
  const record = toRecord({ source: 'ab', position: 120 })
  expect(record).toMatchObject({ key: 'ab:120', at: 0n, severity: 'unset', component: '', node: '', message: '' })
})

test.each([
  ['error', 'error'],
  ['notice', 'unset'],
])('the severity %s is read as %s', (severity, read) => {
  expect(toRecord({ source: 'ab', position: 1, severity }).severity).toBe(read)
})

test('coverage that is not said is complete, and what is not known in it is left out', () => {
  expect(toCoverage(undefined)).toBe(COMPLETE)
  expect(toCoverage({})).toEqual(COMPLETE)
  expect(toCoverage({ limited_by: 'moonlight' }).limitedBy).toBeUndefined()
  expect(toCoverage({ limited_by: 'rows' }).limitedBy).toBe('rows')
})

test('what completes a query is taken as it is', () => {
  const items = [{ text: 'component:', kind: 'field' }] as const
  const completion = toCompletion({ items, replace: { from: 0, to: 3 } })
  expect(completion).toEqual({ items: [{ ...items[0], count: undefined }], replace: { from: 0, to: 3 } })
})

test.each([
  [{}, ''],
  [{ q: '', from: undefined }, ''],
  [{ q: 'a&b=c', from: '-1h' }, '?q=a%26b%3Dc&from=-1h'],
])('%j is asked as %j', (asked, query) => {
  expect(queryString(asked)).toBe(query)
})

test('whatever was thrown is a fault', () => {
  expect(toFault(new TypeError('Failed to fetch'))).toMatchObject({ code: 'unreachable', hint: 'Failed to fetch' })
})

const [EARLY, LATER] = ['2026-01-29T14:05:31Z', '2026-01-29T14:06:12Z']
const late = (behind_ms: number) => ({ node: 'node-74', behind_ms, last_seen: EARLY })

test.each([
  [LATER, [], LATER],
  [LATER, [late(41_000)], EARLY],
  [LATER, [late(86_400_000)], EARLY],
  [LATER, [late(86_400_001)], LATER],
  [null, [late(41_000)], EARLY],
  [null, [], undefined],
])('complete to %s with %o late means complete to %s', (complete_to, lagging, to) => {
  expect(toCoverage({ complete: false, complete_to, lagging }).completeTo).toBe(to && parseTime(to))
})
