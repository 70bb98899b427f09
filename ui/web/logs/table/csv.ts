// A table as comma-separated values (RFC 4180), safe to open in a spreadsheet: no text begins with a sign
// that makes one compute. As nilometer/src/client/csv.rs; numbers stay numbers.

import type { Json } from '../../model/record'

const COMPUTES = /^[=+\-@\t\r]/
const MUST_QUOTE = /[,"\n\r]/

export function csv(columns: readonly string[], rows: readonly (readonly Json[])[]): string {
  return [columns, ...rows].map((row) => `${row.map(cell).join(',')}\n`).join('')
}

function cell(value: Json): string {
  if (value === null) return ''
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const computes = COMPUTES.test(text)
  if (!computes && !MUST_QUOTE.test(text)) return text
  return `"${computes ? "'" : ''}${text.replaceAll('"', '""')}"`
}
