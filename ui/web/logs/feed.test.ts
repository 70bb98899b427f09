// The fold behind the list: nothing twice, nothing lost in silence.

import { expect, test } from 'vitest'
import { Fault, type Page } from '../api/client'
import { COMPLETE } from '../model/coverage'
import { TAIL_ROWS_MAX, WAITING_ROWS_MAX } from '../model/limits'
import type { LogRecord, Severity, SourceId } from '../model/record'
import { recordKey } from '../model/record'
import type { Nanos } from '../model/time'
import { EMPTY_FEED, type Feed, feedAfter, type Happening, merged } from './feed'

/** `a3@7!` is the record at position 3 of source a, at time 7, an error. */
function record(text: string): LogRecord {
  const [, source = '', position = '', time = '', bang] = /^([a-z])(\d+)@(\d+)(!?)$/.exec(text) ?? []
  const severity: Severity = bang === '!' ? 'error' : 'info'
  const key = recordKey(source, position)
  const at = BigInt(time) as Nanos
  return { key, at, source: source as SourceId, severity, component: source, node: 'n', message: text, raw: {} }
}

function records(text: string): LogRecord[] {
  return text.split(' ').filter(Boolean).map(record)
}

/** As the server gives it: newest first. */
function page(text: string): Page {
  return { records: records(text).reverse(), cursor: undefined, coverage: COMPLETE, elapsedMs: 1 }
}

function shown(rows: readonly LogRecord[]): string {
  return rows.map((row) => row.message).join(' ')
}

function after(...happenings: Happening[]): Feed {
  return happenings.reduce(feedAfter, EMPTY_FEED)
}

const ASKED: Happening = { type: 'asked' }
const answered = (text: string): Happening => ({ type: 'answered', page: page(text) })
const arrived = (text: string): Happening => ({ type: 'arrived', records: records(text) })

test.each([
  ['a1@1 a2@2', 'a3@3', 'a1@1 a2@2 a3@3'],
  ['a1@1 a2@2', 'a2@2 a3@3', 'a1@1 a2@2 a3@3'],
  ['a1@1 a2@5', 'b1@3', 'a1@1 b1@3 a2@5'],
  ['a1@1 a2@5', 'a3@3', 'a1@1 a2@5 a3@3'],
  ['a1@5', 'b1@5', 'a1@5 b1@5'],
  ['', 'b1@5 a1@4', 'a1@4 b1@5'],
])('%j and then %j is %j', (rows, coming, expected) => {
  expect(shown(merged(records(rows), records(coming)))).toBe(expected)
})

test('lines that arrive while a page is on its way are in the list once', () => {
  const feed = after(ASKED, arrived('a2@2 a3@3'), answered('a1@1 a2@2'))
  expect(shown(feed.rows)).toBe('a1@1 a2@2 a3@3')
  expect(feed.early).toEqual([])
})

test('a failed search keeps the former lines and says why', () => {
  const feed = after(ASKED, answered('a1@1'), ASKED, { type: 'failed', fault: new Fault('bad_query', 'no', undefined, 3) })
  expect([feed.phase, feed.fault?.column, shown(feed.rows)]).toEqual(['failed', 3, 'a1@1'])
})

test('while paused lines wait, errors among them counted, and come in when it goes on', () => {
  const paused = after(ASKED, answered('a1@1'), { type: 'tail', state: 'live' }, { type: 'paused' }, arrived('a2@2! a3@3'))
  expect(shown(paused.rows)).toBe('a1@1')
  expect([paused.tail.waiting.length, paused.tail.waitingErrors, paused.tail.holed]).toEqual([2, 1, false])
  const on = feedAfter(paused, { type: 'resumed' })
  expect(shown(on.rows)).toBe('a1@1 a2@2! a3@3')
  expect([on.tail.paused, on.tail.waiting.length, on.tail.state]).toEqual([false, 0, 'live'])
  expect(on.turn).toBe(paused.turn + 1)
})

test.each([
  [WAITING_ROWS_MAX, false],
  [WAITING_ROWS_MAX + 1, true],
])('%d waiting lines leave a hole: %s', (count, holed) => {
  const many = Array.from({ length: count }, (_, i) => record(`a${i}@${i}`))
  const feed = after(ASKED, answered(''), { type: 'paused' }, { type: 'arrived', records: many })
  expect([feed.tail.waiting.length, feed.tail.holed]).toEqual([WAITING_ROWS_MAX, holed])
})

test.each([
  [TAIL_ROWS_MAX, 'a0@0'],
  [TAIL_ROWS_MAX + 1, 'a1@1'],
])('of %d rows a tail still has %s', (count, oldest) => {
  const many = Array.from({ length: count }, (_, i) => record(`a${i}@${i}`))
  const feed = after(ASKED, answered(''), { type: 'arrived', records: many })
  expect([feed.rows.length, feed.rows[0]?.message]).toEqual([TAIL_ROWS_MAX, oldest])
})

test('a tail that is switched off forgets what it skipped', () => {
  const on = after({ type: 'tail', state: 'live' }, { type: 'skipped', count: 3 }, { type: 'skipped', count: 4 })
  expect(on.tail.skipped).toBe(7)
  expect(feedAfter(on, { type: 'tail', state: 'off' }).tail.skipped).toBe(0)
})
