// Matchers as they are written and read.

import { expect, test } from 'vitest'
import type { Matcher } from '../model/alert'
import { matchersOf, parseMatchers, writtenMatchers } from './matchers'

test.each<[string, readonly Matcher[]]>([
  ['a=b', [{ name: 'a', op: '=', value: 'b' }]],
  ['a="b c"', [{ name: 'a', op: '=', value: 'b c' }]],
  ['a=~"x.*" b!=y, c!~z', [{ name: 'a', op: '=~', value: 'x.*' }, { name: 'b', op: '!=', value: 'y' }, { name: 'c', op: '!~', value: 'z' }]],
  ['a=""', [{ name: 'a', op: '=', value: '' }]],
])('%s is read', (text, matchers) => {
  expect(parseMatchers(text)).toEqual({ matchers })
})

test.each(['', '  ', 'a', 'a=', '="b"', 'a="b', 'a=b c'])('%j is refused with what to write', (text) => {
  expect(parseMatchers(text)).toEqual({ problem: expect.stringMatching(/^(Write|Say) /) })
})

test('what is written is read back, whatever the value holds', () => {
  for (const value of ['plain', 'two words', 'a"b', 'back\\slash', '名前', ',=~"']) {
    const matchers = [{ name: 'component', op: '=' as const, value }]
    expect(parseMatchers(writtenMatchers(matchers))).toEqual({ matchers })
  }
})

test('an alert is silenced by its name and labels', () => {
  expect(writtenMatchers(matchersOf({ name: 'Errors', labels: { component: 'cart' } }))).toBe('alertname="Errors" component="cart"')
})
