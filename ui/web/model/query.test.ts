// Where a query's pipes begin, and how a term is written.

import { expect, test } from 'vitest'
import { filterPart, hasOuterOr, hasPipe, pipeAt, termOf } from './query'

test.each([
  ['', undefined],
  ['error', undefined],
  ['error | stats count()', 6],
  ['| top 5 component', 0],
  ['error|limit 5', 5],
  ['"a|b" | limit 5', 6],
  ['"say \\"|\\" now" | limit 5', 16],
  ['/a|b/ | limit 5', 6],
  ['f:/a\\/|b/ | limit 5', 10],
  ['/var/log | limit 5', 9],
  ['f:/var|limit 5', 6],
  ['a\\|b | limit 5', 5],
  ['f:in("a|b",c) | limit 5', 14],
  ['f:in(/a|b/)', 7],
  ['"unclosed | limit 5', undefined],
])('the first pipe of %j is at %s', (q, at) => {
  expect(pipeAt(q)).toBe(at)
})

test.each([
  ['', '', false],
  ['a b', 'a b', false],
  ['a | stats count()', 'a', true],
  ['| stats count()', '', true],
  ['a|b', 'a', true],
  ['"a | b"', '"a | b"', false],
  ['/a|b/ | limit 1', '/a|b/', true],
  ['f:/a|b/', 'f:/a|b/', false],
  ['"never | closed', '"never | closed', false],
])('the filters of %j are %j', (q, filters, piped) => {
  expect(filterPart(q)).toBe(filters)
  expect(hasPipe(q)).toBe(piped)
})

test.each([
  ['a b', false],
  ['a OR b', true],
  ['(a OR b)', false],
  ['(a OR b) c OR d', true],
  ['"a OR b" f:OR or /a OR b/', false],
])('whether %j is joined by an outer OR: %s', (q, joined) => {
  expect(hasOuterOr(q)).toBe(joined)
})

test.each([
  ['component', 'basic', false, 'component:basic'],
  ['node', 'node-74', true, '-node:node-74'],
  ['path', '/a b', false, 'path:"/a b"'],
  ['path', '/healthz/', false, 'path:"/healthz/"'],
  ['path', 'a/b', false, 'path:a/b'],
  ['note', 'say "hi" \\', false, 'note:"say \\"hi\\" \\\\"'],
  ['n', '-5', false, 'n:"-5"'],
  ['n', '', false, 'n:""'],
  ['n', '>5', false, 'n:">5"'],
  ['n', 'a*', false, 'n:"a*"'],
  ['http.url path', 'x', false, 'http.url\\ path:x'],
  ['-a:b', 'x', true, '-\\-a\\:b:x'],
])('the term of %j and %j, not: %s, is %s', (field, value, not, term) => {
  expect(termOf(field, value, not)).toBe(term)
})
