// Terms of a query, taking one away and putting one in.

import { expect, test } from 'vitest'
import { namesWarnings, terms, without, withTerm } from './terms'

test.each([
  ['', []],
  ['error component:seat', [['component', 'seat', false]]],
  ['-node:"a b" NOT zone:x', [['node', 'a b', true], ['zone', 'x', true]]],
  ['f:"say \\"hi\\" \\\\"', [['f', 'say "hi" \\', false]]],
  ['http.url\\ path:x', [['http.url path', 'x', false]]],
  ['(component:seat OR node:a) zone:b', [['zone', 'b', false]]],
  ['f:>5 f:/x/ f:pre* f:* f:in(a,b) f: x', []],
  ['a OR component:seat', []],
  ['component:seat | top 5 by node:x', [['component', 'seat', false]]],
])('the terms of %j are %j', (q, expected) => {
  expect(terms(q).map(({ field, value, not }) => [field, value, not])).toEqual(expected)
})

test.each([
  ['component:seat', 0, ''],
  ['a -component:seat b', 0, 'a b'],
  ['a component:seat node:x | stats count()', 1, 'a component:seat | stats count()'],
  ['NOT zone:x y', 0, 'y'],
  ['a AND -zone:x b', 0, 'a b'],
  ['zone:x AND b', 0, 'b'],
])('%j without its term %d is %j', (q, at, rest) => {
  expect(without(q, ({ from }) => from === terms(q)[at]?.from)).toBe(rest)
})

test.each([
  ['', false],
  ['severity:error', false],
  ['severity:warn', true],
  ['severity:"WARN"', true],
  ['severity:>=warn', true],
  ['severity:in(error, warn)', true],
  ['severity:error warn', false],
  ['note:warn', false],
  ['a | top 5 by severity', false],
])('%j names warnings: %s', (q, named) => {
  expect(namesWarnings(q)).toBe(named)
})

test.each([
  ['', false, 'a:b'],
  ['error', true, 'error -a:b'],
  [' error  timeout ', false, 'error  timeout a:b'],
  ['*', false, 'a:b'],
  ['error | stats count()', false, 'error a:b | stats count()'],
  ['|stats count()', false, 'a:b |stats count()'],
  ['* | stats count()', false, 'a:b | stats count()'],
  ['"x | y" | limit 5', false, '"x | y" a:b | limit 5'],
  ['x OR y', false, '(x OR y) a:b'],
  ['(x OR y)', false, '(x OR y) a:b'],
  ['x OR y | limit 5', true, '(x OR y) -a:b | limit 5'],
  ['a:b', false, 'a:b'],
  ['x a:b', true, 'x -a:b'],
  ['-a:b x', false, 'x a:b'],
  ['a:c x -a:d', false, 'x -a:d a:b'],
  ['a:c', true, 'a:c -a:b'],
])('%j with a term (not: %s) is %j', (q, not, expected) => {
  expect(withTerm(q, 'a', 'b', not)).toBe(expected)
})
