// The rows of the table: their groups, the way of j and k, the columns of the nodes.

import { expect, test } from 'vitest'
import { columnsOf, groupsOf, inOrder, NODE_COLUMNS_MAX, stepped } from './groups'
import { component, node } from './sample'

const ROWS = [component('loop', { state: 'crash_looping' }), component('bad', { state: 'failing' }), component('quiet', { state: 'app_silent' }), component('lost', { state: 'unknown' }), component('fine')]

test('what fails stands first, what is not known is looked at next', () => {
  const { hot, next, healthy } = groupsOf(ROWS)
  const names = (of: typeof hot) => of.map((one) => one.component)
  expect([names(hot), names(next), names(healthy)]).toEqual([['loop', 'bad'], ['quiet', 'lost'], ['fine']])
  expect(inOrder(groupsOf(ROWS))).toEqual(ROWS)
})

test.each([
  [undefined, 1, 'loop'],
  [undefined, -1, 'fine'],
  ['loop', -1, 'loop'],
  ['loop', 1, 'bad'],
  ['fine', 1, 'fine'],
] as const)('from %s by %i to %s', (from, by, to) => {
  expect(stepped(ROWS, from, by)).toBe(to)
})

test('columns are called by what tells the nodes apart; above the limit there are none', () => {
  const called = (names: string[]) => columnsOf(names.map((name) => node(name))).map(({ short }) => short)
  expect(called(['node-74', 'node-115'])).toEqual(['74', '115'])
  expect(called(['demo-node-1', 'demo-node-2', 'vm'])).toEqual(['1', '2', 'vm'])
  expect(called(['ip-10-0-1-5.internal', 'ip-10-0-2-7.internal'])).toEqual(['1-5', '2-7'])
  expect(called(['demo'])).toEqual(['dem'])
  const many = (count: number) => Array.from({ length: count }, (_, n) => `node-${n}`)
  expect(called(many(NODE_COLUMNS_MAX))).toHaveLength(NODE_COLUMNS_MAX)
  expect(called(many(NODE_COLUMNS_MAX + 1))).toEqual([])
})
