// What is said, and when.

import { expect, test } from 'vitest'
import { ANNOUNCE_EVERY_MS } from '../model/limits'
import { sayNext, SILENCE } from './announce'

test('the first sentence is said at once, the next one not before its time', () => {
  const first = sayNext({ ...SILENCE, waiting: { news: '12 lines' } }, 1_000)
  expect(first).toEqual({ said: '12 lines', saidAtMs: 1_000, waiting: {} })
  const waiting = { ...first, waiting: { news: '13 lines' } }
  expect(sayNext(waiting, 1_000 + ANNOUNCE_EVERY_MS - 1)).toBe(waiting)
  expect(sayNext(waiting, 1_000 + ANNOUNCE_EVERY_MS).said).toBe('13 lines')
})

test('an error is said before news, which then waits', () => {
  const said = sayNext({ ...SILENCE, waiting: { news: '12 lines', error: 'The stream is lost.' } }, 0)
  expect(said).toEqual({ said: 'The stream is lost.', saidAtMs: 0, waiting: { news: '12 lines' } })
})
