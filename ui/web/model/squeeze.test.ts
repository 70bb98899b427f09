// What stays of a message that is longer than its row.

import { expect, test } from 'vitest'
import { squeeze } from './squeeze'

const NESTED =
  'Servlet.service() for servlet [dispatcherServlet] threw exception [Request processing failed; nested exception is java.lang.IllegalStateException: No instances available for ts-basic-service] with root cause'

test('what fits is left alone', () => {
  expect(squeeze(NESTED, NESTED.length)).toBeUndefined()
  expect(squeeze('short', 5)).toBeUndefined()
})

test('a text that names no cause is cut by the row itself', () => {
  expect(squeeze('a'.repeat(300), 100)).toBeUndefined()
  expect(squeeze(`${'a'.repeat(300)} caused by: `, 100)).toBeUndefined()
})

test('the beginning and the cause stay', () => {
  expect(squeeze(NESTED, 120)).toEqual({
    head: 'Servlet.service() for ',
    cause: 'IllegalStateException: No instances available for ts-basic-service',
  })
})

test('without room for both, the cause stays', () => {
  expect(squeeze(NESTED, 80)?.head).toBe('')
})

test('the last cause is the one, and its stack is not part of it', () => {
  const text = `failed ${'x'.repeat(80)} ⏎ Caused by: a.B: one ⏎ at c ⏎ Caused by: d.E$F: two ⏎ at g`
  expect(squeeze(text, 60)).toEqual({ head: 'failed ', cause: 'E$F: two' })
})
