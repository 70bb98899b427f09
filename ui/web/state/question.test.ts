// One moment for all requests.

import { expect, test } from 'vitest'
import { questionOf } from './question'

const NOW = Date.parse('2026-01-29T14:06:12.500Z')

test('both ends of a relative range are counted from the same moment', () => {
  expect(questionOf({ q: 'error', from: '-1h', to: 'now' }, NOW, 3)).toEqual({
    q: 'error',
    from: '2026-01-29T13:06:12.500Z',
    to: '2026-01-29T14:06:12.500Z',
    turn: 3,
  })
})
