// Who has become slow.

import { expect, test } from 'vitest'
import type { Point } from '../model/health'
import { board, component } from './sample'
import { slowerOf } from './slower'

const taking = (name: string, ...p95Ms: readonly Point[]) => component(name, { series: { rate: [], errorRatio: [], p95Ms } })

test.each<[string, readonly Point[], readonly number[]]>([
  ['as long as ever', [100, 110, 90, 100], []],
  ['three times as long', [100, 110, 90, 400, 300], [300, 100]],
  ['a little less than that', [100, 100, 100, 400, 299], []],
  ['a single slow point', [100, 100, 100, 900, 100], []],
  ['short is never slow', [1, 1, 1, 100, 100], []],
  ['from 100 ms more on', [1, 1, 1, 101, 101], [101, 1]],
  ['no before', [100, 900, 900], []],
  ['gaps do not count', [undefined, 100, undefined, 100, 900, undefined, 900], [900, 100]],
  ['nothing came of late', [100, 100, 900, 900, undefined, undefined], []],
])('%s', (_, points, expected) => {
  expect(slowerOf(board([taking('a', ...points)])).flatMap(({ nowMs, beforeMs }) => [nowMs, beforeMs])).toEqual(expected)
})

test('the most so comes first, and who fails is told already', () => {
  const failing = { ...taking('f', 1, 1, 900, 900), state: 'failing' as const }
  const of = board([taking('a', 100, 100, 400, 400), failing, taking('b', 100, 100, 900, 900)])
  expect(slowerOf(of).map(({ health }) => health.component)).toEqual(['b', 'a'])
})
