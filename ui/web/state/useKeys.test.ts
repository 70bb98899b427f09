// Whose key it is.

import { expect, test } from 'vitest'
import { actionOf } from './useKeys'

test('the latest map that has a key decides, and one that holds nothing for it does not', () => {
  const did: string[] = []
  const page = { j: () => did.push('page j'), Escape: () => did.push('page Escape') }
  const popover = { Escape: () => did.push('popover Escape'), j: undefined }
  const press = (name: string) => actionOf([page, popover], name)?.({} as KeyboardEvent)
  press('j')
  press('Escape')
  press('toString')
  expect(did).toEqual(['page j', 'popover Escape'])
})
