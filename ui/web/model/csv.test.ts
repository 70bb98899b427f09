// Cells as nilometer/src/client/csv.rs writes them.

import { expect, test } from 'vitest'
import { csvRow } from './csv'

test.each([
  [['a', '', 'b c'], 'a,,b c'],
  [['a,b', 'say "x"', 'two\nlines'], '"a,b","say ""x""","two\nlines"'],
  [['=1+1'], `"'=1+1"`],
  [['+1', '-1', '@x'], `"'+1","'-1","'@x"`],
  [['\tx', '\rx'], `"'\tx","'\rx"`],
  [['a=b', ' =1'], 'a=b, =1'],
])('%j is written %j', (cells, expected) => {
  expect(csvRow(cells)).toBe(`${expected}\n`)
})
