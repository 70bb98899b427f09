// What is read stays where it is, whatever comes in around it.

import { expect, test } from 'vitest'
import { recordKey } from '../model/record'
import { heightsOf } from './heights'
import { linesOfRows, rowsOfList } from './lines'
import { scaleOf } from './scale'
import { testRow } from './testRow'
import { anchored, type Listing } from './useScroller'

function listing(times: readonly number[], change: Partial<Listing> = {}, tall: readonly (readonly [number, number])[] = []): Listing {
  const order = change.order ?? 'oldest'
  const lines = linesOfRows(rowsOfList(times.map((at) => testRow(at))), [], order)
  const heights = heightsOf(lines.count, 20, tall)
  return { lines, heights, scale: scaleOf(heights.whole, 100), order, chosen: undefined, turn: 1, ...change }
}

const TEN = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]

test.each([
  ['lines above', listing([1, 2, 3, ...TEN]), 45, 105],
  ['lines below', listing([...TEN, 101, 102]), 45, 45],
  ['lines let go above', listing(TEN.slice(1)), 45, 25],
  ['the first line in sight gone', listing([10, 20, 40, 50, 60, 70, 80, 90, 100]), 45, 25],
  ['a line above grown', listing(TEN, {}, [[0, 40]]), 45, 85],
  ['the order turned', listing(TEN, { order: 'newest' }), 40, 140],
  ['all lines others', listing([1000, 2000]), 45, 0],
])('after %s the place is right', (_, after, place, expected) => {
  expect(anchored(listing(TEN), after, place)).toBe(expected)
})

test('the chosen line is what is read', () => {
  const after = listing(TEN, { chosen: recordKey('s', 50) }, [[2, 20], [3, 20]])
  expect(anchored(listing(TEN), after, 45)).toBe(85)
})
