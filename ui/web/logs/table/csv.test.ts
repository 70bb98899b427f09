// Cells as a spreadsheet gets them.

import { expect, test } from 'vitest'
import type { Json } from '../../model/record'
import { csv } from './csv'

test.each([
  [['a', '', 'b c'], 'a,,b c'],
  [['a,b', 'say "x"', 'two\nlines'], '"a,b","say ""x""","two\nlines"'],
  [['=1+1', '+1', '-1', '@x', '\tx', '\rx'], `"'=1+1","'+1","'-1","'@x","'\tx","'\rx"`],
  [['a=b', ' =1'], 'a=b, =1'],
  [[-1, 0.5, true, null, ['x']], '-1,0.5,true,,"[""x""]"'],
] as [Json[], string][])('%j is the row %j', (row, text) => {
  expect(csv(['h'], [row])).toBe(`h\n${text}\n`)
})
