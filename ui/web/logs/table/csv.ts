// A table as comma-separated values, safe to open in a spreadsheet.

import { csvRow } from '../../model/csv'
import type { Json } from '../../model/record'

export function csv(columns: readonly string[], rows: readonly (readonly Json[])[]): string {
  return [columns, ...rows].map(csvRow).join('')
}
