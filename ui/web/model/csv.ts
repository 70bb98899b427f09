// Comma-separated values as RFC 4180 has them, and safe to open in a spreadsheet: no text begins with what
// makes a spreadsheet compute, nor with characters that it passes over on its way there. Numbers stay
// numbers. The same as nilometer/src/client/csv.rs writes.

import type { Json } from './record'

const PASSED_OVER = /^[\p{Cc}\ufeff\u200b-\u200f\u2060-\u2069\u202a-\u202e]+/u
const COMPUTES = /^[=+\-@＝＋－＠]/
const MUST_QUOTE = /[,"\n\r]/

/** One row, with its line break. What is not there is an empty cell. */
export function csvRow(cells: readonly (Json | undefined)[]): string {
  return `${cells.map(cell).join(',')}\n`
}

function cell(value: Json | undefined): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const formula = /^[\t\r\n]/.test(text) || COMPUTES.test(text.replace(PASSED_OVER, ''))
  if (!formula && !MUST_QUOTE.test(text)) return text
  return `"${formula ? "'" : ''}${text.replaceAll('"', '""')}"`
}
