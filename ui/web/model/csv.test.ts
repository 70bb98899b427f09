// Cells as nilometer/src/client/csv.rs writes them.

import { expect, test } from 'vitest'
import { csvRow } from './csv'
import type { Json } from './record'

const ROWS: [(Json | undefined)[], string][] = [
  [['a', '', 'b c'], 'a,,b c'],
  [['a,b', 'say "x"', 'two\nlines'], '"a,b","say ""x""","two\nlines"'],
  [['a=b', ' =1', '\u200bx'], 'a=b, =1,\u200bx'],
  [[-1, 0.5, true, null, undefined, ['x'], '-1'], `-1,0.5,true,,,"[""x""]","'-1"`],
]

test.each(ROWS)('%j is written %j', (cells, expected) => {
  expect(csvRow(cells)).toBe(`${expected}\n`)
})

test.each(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠', '\ufeff=', '\u0000+'])('%j makes no spreadsheet compute', (begin) => {
  expect(csvRow([`${begin}1+1`])).toBe(`"'${begin}1+1"\n`)
})
