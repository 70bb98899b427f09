// Which rows are drawn.

import { expect, test } from 'vitest'
import { rowsInSight } from './window'

test.each([
  [{ top: 0, height: 100 }, 1000, [0, 17]],
  [{ top: 10_000, height: 100 }, 1000, [488, 517]],
  [{ top: 19_900, height: 100 }, 1000, [983, 1000]],
  [{ top: 0, height: 100 }, 3, [0, 3]],
  [{ top: 5000, height: 100 }, 3, [3, 3]],
  [{ top: 0, height: 0 }, 0, [0, 0]],
])('%o of %d rows draws %o', (sight, count, expected) => {
  expect(rowsInSight(sight, 20, count)).toEqual(expected)
})
