// What a row makes of a message.

import { expect, test } from 'vitest'
import { ROW_CHARS_MAX } from './limits'
import { blockSegments, innerMessage, lineSegments, linesOf, oneLine, wholeSegments } from './message'

test.each([
  ['GET /healthz 200', 'GET /healthz 200'],
  ['a\n  at b\r\n  at c', 'a ⏎ at b ⏎ at c'],
  ['\u001b[31mred\u001b[0m ink', 'red ink'],
  ['nul \u0000 bell \u0007 tab \t', 'nul \\x00 bell \\x07 tab \t'],
  ['abc\u202egnp.exe', 'abc\\u202egnp.exe'],
  ['\u2067turned\u2069 \u200fmark', '\\u2067turned\\u2069 \\u200fmark'],
  ['{"level":"info","msg":"up"}', 'up'],
  ['{"msg":', '{"msg":'],
  ['{"n":1}', '{"n":1}'],
  ['<script>alert(1)</script>', '<script>alert(1)</script>'],
])('a row shows %j as %j', (message, shown) => {
  expect(oneLine(message)).toBe(shown)
  expect(lineSegments(message).map((segment) => segment.text).join('')).toBe(shown)
})

test('a row never shows more than its limit', () => {
  expect(oneLine('x'.repeat(ROW_CHARS_MAX))).toHaveLength(ROW_CHARS_MAX)
  expect(oneLine('x'.repeat(ROW_CHARS_MAX + 1))).toHaveLength(ROW_CHARS_MAX)
})

test('the detail shows all, with its line breaks and tabs', () => {
  const text = `a\n\tb${'x'.repeat(ROW_CHARS_MAX)}`
  expect(wholeSegments(text)).toEqual([{ text, className: '' }])
})

test('only a line of JSON has an inner message', () => {
  expect(innerMessage('["msg"]')).toBeUndefined()
  expect(innerMessage('{"msg":""}')).toBeUndefined()
  expect(innerMessage('{"message":"a","msg":"b"}')).toBe('a')
})

test.each([
  ['', 1],
  ['x'.repeat(10), 1],
  ['x'.repeat(11), 2],
  ['a\nb\n', 2],
  ['\t\t\tx', 2],
  ['日本語日本', 1],
  ['日本語日本語', 2],
  ['😀😀😀😀😀😀', 2],
  ['\u001b[31m0123456789\u001b[0m', 1],
  ['x\n'.repeat(100), 7],
])('%j takes %d lines of ten characters, at most seven', (message, lines) => {
  expect(linesOf(message, 10, 7)).toBe(lines)
})

test('a wrapped row keeps its lines', () => {
  expect(blockSegments('a\r\n\tb')).toEqual([{ text: 'a\n    b', className: '' }])
})
