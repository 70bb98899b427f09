// What the palette finds.

import { expect, test } from 'vitest'
import { FOUND_MAX } from '../model/limits'
import { type Command, found } from './commands'

const command = (name: string, what = 'action'): Command => ({ name, what, run: () => undefined })
const ALL = [command('Export lines'), command('Live tail'), command('Logs', 'page'), command('catalog', 'component')]

test.each([
  ['', ['Export lines', 'Live tail', 'Logs', 'catalog']],
  ['lo', ['Logs', 'catalog']],
  ['L', ['Live tail', 'Logs', 'Export lines', 'catalog']],
  ['page lo', ['Logs']],
  ['tail', ['Live tail']],
  ['nothing', []],
])('%j finds %j', (typed, names) => {
  expect(found(ALL, typed).map(({ name }) => name)).toEqual(names)
})

test('no more is shown than fits', () => {
  const many = Array.from({ length: FOUND_MAX + 1 }, (_, i) => command(`line ${i}`))
  expect(found(many.slice(1), '')).toHaveLength(FOUND_MAX)
  expect(found(many, '')).toHaveLength(FOUND_MAX)
})
