// What completion does to a query.

import { expect, test } from 'vitest'
import { actionOf, carriedOver, charactersBefore, editOf, nextItem, offered, unitsBefore } from './completion'

const item = (text: string, kind: string) => ({ text, kind, count: undefined })
const apply = (q: string, from: number, to: number, text: string, kind: string) => {
  const edit = editOf(q, { items: [], replace: { from, to } }, item(text, kind))
  return q.slice(0, edit.from) + edit.text + q.slice(edit.to)
}

test.each([
  ['comp', 0, 4, 'component:', 'field', 'component:'],
  ['component:se', 10, 12, 'seat', 'value', 'component:seat '],
  ['component:se error', 10, 12, 'seat', 'value', 'component:seat error'],
  ['a | st', 4, 6, 'stats', 'pipe', 'a | stats '],
  ['| stats co', 8, 10, 'count()', 'function', '| stats count()'],
  ['| stats p99(du)', 12, 14, 'duration', 'value', '| stats p99(duration)'],
  ['𝒳 comp', 2, 6, 'component:', 'field', '𝒳 component:'],
])('%j, [%d, %d) replaced by %j (%s), is %j', (q, from, to, text, kind, expected) => {
  expect(apply(q, from, to, text, kind)).toBe(expected)
})

test('characters and UTF-16 units are told apart', () => {
  expect(charactersBefore('𝒳a', 2)).toBe(1)
  expect(charactersBefore('𝒳a', 3)).toBe(2)
  expect(unitsBefore('𝒳a', 1)).toBe(2)
  expect(unitsBefore('𝒳a', 9)).toBe(3)
})

test.each([
  ['c:sea', 2, 5, false, 1],
  ['c:seat', 2, 6, false, 0],
  ['c:', 2, 2, false, 1],
  ['a | ', 4, 4, false, 1],
  ['| stats p99(', 12, 12, false, 1],
  ['a ', 2, 2, false, 0],
  ['a ', 2, 2, true, 1],
  ['', 0, 0, false, 0],
  ['', 0, 0, true, 1],
])('in %j, with [%d, %d) to replace, asked for: %s, %d items come up', (q, from, to, asked, count) => {
  expect(offered(q, { items: [item('seat', 'value')], replace: { from, to } }, asked)).toHaveLength(count)
})

test.each([
  ['a comp', 'a comp', ['component:', 'compute:']],
  ['a co', 'a comp', ['component:', 'compute:']],
  ['a co', 'a compo', ['component:']],
  ['a co', 'a coX', []],
  ['a co', 'a c', []],
  ['a co', 'a co ', []],
  ['a co', 'b comp', []],
  ['a co OR b', 'a comp OR b', ['component:', 'compute:']],
  ['a co OR b', 'a co OR bc', []],
])('what was offered for %j is offered for %j as %j', (before, now, expected) => {
  const completion = { items: [], replace: { from: 2, to: before.startsWith('a comp') ? 6 : 4 } }
  const offer = { completion, items: ['component:', 'compute:'].map((text) => item(text, 'field')), active: undefined }
  const carried = carriedOver(offer, before, now)
  expect(carried?.items.map(({ text }) => text) ?? []).toEqual(expected)
  if (carried !== undefined) expect(now.slice(2, carried.completion.replace.to)).toMatch(/^comp?o?m?p?$/)
})

test.each([
  [undefined, 1, 3, 0],
  [undefined, -1, 3, 2],
  [2, 1, 3, 0],
  [0, -1, 3, 2],
  [undefined, 1, 0, undefined],
] as const)('from %s by %d of %d is %s', (active, by, count, next) => {
  expect(nextItem(active, by, count)).toBe(next)
})

const OFFER = { completion: { items: [], replace: { from: 0, to: 0 } }, items: [item('a', 'value'), item('b', 'value')] }

test.each([
  ['Enter', undefined, 'search'],
  ['Enter', { ...OFFER, active: undefined }, 'search'],
  ['Enter', { ...OFFER, active: 1 }, 'take b'],
  ['Tab', { ...OFFER, active: undefined }, 'take a'],
  ['Tab', undefined, undefined],
  ['Shift Tab', { ...OFFER, active: 1 }, undefined],
  ['ArrowDown', undefined, 'ask'],
  ['ArrowDown', { ...OFFER, active: 0 }, 'activate 1'],
  ['ArrowUp', { ...OFFER, active: 0 }, 'activate 1'],
  ['ArrowUp', undefined, undefined],
  ['Ctrl  ', undefined, 'ask'],
  ['Escape', { ...OFFER, active: 0 }, 'close'],
  ['Escape', undefined, 'leave'],
  ['a', { ...OFFER, active: 0 }, undefined],
])('%s with the offer %o does: %s', (pressed, offer, expected) => {
  const key = pressed.replace(/^(Ctrl|Shift) /, '')
  const action = actionOf({ key, ctrlKey: pressed.startsWith('Ctrl'), shiftKey: pressed.startsWith('Shift') }, offer)
  const shown = action && [action.kind, 'at' in action ? action.at : 'item' in action ? action.item.text : undefined]
  expect(shown?.filter((part) => part !== undefined).join(' ')).toBe(expected)
})
