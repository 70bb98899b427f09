// What a row makes of a message.

import { expect, test } from 'vitest'
import { ROW_CHARS_MAX } from './limits'
import { innerMessage, oneLine } from './message'

test.each([
  ['GET /healthz 200', 'GET /healthz 200'],
  ['a\n  at b\r\n  at c', 'a ⏎ at b ⏎ at c'],
  ['\u001b[31mred\u001b[0m ink', 'red ink'],
  ['nul \u0000 bell \u0007 tab \t', 'nul · bell · tab \t'],
  ['{"level":"info","msg":"up"}', 'up'],
  ['{"msg":', '{"msg":'],
  ['{"n":1}', '{"n":1}'],
  ['<script>alert(1)</script>', '<script>alert(1)</script>'],
])('a row shows %j as %j', (message, shown) => {
  expect(oneLine(message)).toBe(shown)
})

test('a row never shows more than its limit', () => {
  expect(oneLine('x'.repeat(ROW_CHARS_MAX))).toHaveLength(ROW_CHARS_MAX)
  expect(oneLine('x'.repeat(ROW_CHARS_MAX + 1))).toHaveLength(ROW_CHARS_MAX)
})

test('only a line of JSON has an inner message', () => {
  expect(innerMessage('["msg"]')).toBeUndefined()
  expect(innerMessage('{"msg":""}')).toBeUndefined()
  expect(innerMessage('{"message":"a","msg":"b"}')).toBe('a')
})
