// Comma-separated values as RFC 4180 has them, and safe to open in a spreadsheet: no cell begins with a
// character that makes a spreadsheet compute. The same as nilometer/src/client/csv.rs writes.

const FORMULA = /^[=+\-@\t\r]/
const SPECIAL = /[,"\n\r]/

/** One row, with its line break. */
export function csvRow(cells: readonly string[]): string {
  return `${cells.map(cell).join(',')}\n`
}

function cell(text: string): string {
  const formula = FORMULA.test(text)
  if (!formula && !SPECIAL.test(text)) return text
  return `"${formula ? "'" : ''}${text.replaceAll('"', '""')}"`
}
