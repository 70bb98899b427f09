// What each part of a query is taken for; as docs/query-language.md and the server's lexer have it.

import { expect, test } from 'vitest'
import { tokens } from './tokens'

const shown = (q: string) => tokens(q).map(({ kind, from, to }) => `${kind} ${q.slice(from, to)}`)

test.each([
  ['', []],
  ['timeout', ['word timeout']],
  ['"connection reset"', ['quoted "connection reset"']],
  ['"say \\"hi\\"" x', ['quoted "say \\"hi\\""', 'word x']],
  ['"never', ['unclosed "never']],
  ['~"conn"', ['sign ~', 'quoted "conn"']],
  ['/conn(ection)? reset/', ['regex /conn(ection)? reset/']],
  ['/api/cart', ['word /api/cart']],
  ['path:/healthz', ['field path:', 'value /healthz']],
  ['path:/a|b/', ['field path:', 'regex /a|b/']],
  ['f:"two words"', ['field f:', 'value "two words"']],
  ['f: value', ['field f:', 'word value']],
  ['a:b:c', ['field a:', 'value b:c']],
  ['-f:x', ['sign -', 'field f:', 'value x']],
  ['n:-5', ['field n:', 'value -5']],
  ['f:>=500', ['field f:', 'sign >=', 'value 500']],
  ['f:>-5', ['field f:', 'sign >', 'value -5']],
  ['f:in(a,"b c") d', ['field f:', 'function in', 'sign (', 'value a', 'sign ,', 'value "b c"', 'sign )', 'word d']],
  ['f:cidr(10.0.0.0/8)', ['field f:', 'function cidr', 'sign (', 'value 10.0.0.0/8', 'sign )']],
  ['NOT (a OR b)', ['keyword NOT', 'sign (', 'word a', 'keyword OR', 'word b', 'sign )']],
  ['pre*:x', ['word pre*:x']],
  ['a\\|b', ['word a\\|b']],
  ['连接 超时', ['word 连接', 'word 超时']],
  [
    'severity:error | stats count(), p99(duration) by component, bin(1m)',
    [
      'field severity:',
      'value error',
      'pipe |',
      'stage stats',
      'function count',
      'sign (',
      'sign )',
      'sign ,',
      'function p99',
      'sign (',
      'field duration',
      'sign )',
      'keyword by',
      'field component',
      'sign ,',
      'function bin',
      'sign (',
      'value 1m',
      'sign )',
    ],
  ],
  ['|top 5 by x|sort n desc', ['pipe |', 'stage top', 'value 5', 'keyword by', 'field x', 'pipe |', 'stage sort', 'field n', 'keyword desc']],
])('%j reads as %j', (q, expected) => {
  expect(shown(q)).toEqual(expected)
})

test('tokens lie in order, and only blanks between them', () => {
  const signs = ['a', ':', '"', '\\', '/', '|', '(', ')', ',', '-', '~', '>', '*', ' ', 'in(', '时']
  let seed = 7
  const random = (n: number) => (seed = (seed * 48_271) % 2_147_483_647) % n
  for (let round = 0; round < 5000; round += 1) {
    const q = Array.from({ length: random(14) }, () => signs[random(signs.length)]).join('')
    let at = 0
    for (const token of tokens(q)) {
      expect(token.from, q).toBeGreaterThanOrEqual(at)
      expect(q.slice(at, token.from).trim(), q).toBe('')
      expect(token.to, q).toBeGreaterThan(token.from)
      at = token.to
    }
    expect(q.slice(at).trim(), q).toBe('')
  }
})
