// What a source wrote around a line, as far as it is loaded: it grows at both ends. Pure.

import type { Fault } from '../api/client'
import { AROUND_ROWS, AROUND_ROWS_MAX } from '../model/limits'
import type { LogRecord } from '../model/record'

export interface Surroundings {
  /** Oldest first. */
  readonly rows: readonly LogRecord[]
  /** Whether the source wrote more before and after. */
  readonly moreBefore: boolean
  readonly moreAfter: boolean
  readonly fault: Fault | undefined
}

export const NO_SURROUNDINGS: Surroundings = { rows: [], moreBefore: true, moreAfter: true, fault: undefined }

/** So many lines before and after a line. */
export interface Wanted {
  readonly key: string
  readonly before: number
  readonly after: number
}

/** What to load when the rows [first, last) are in sight: more at the end that is near. */
export function wantedMore({ rows, moreBefore, moreAfter }: Surroundings, first: number, last: number): Wanted | undefined {
  const [oldest, newest] = [rows[0], rows.at(-1)]
  if (oldest === undefined || newest === undefined || rows.length >= AROUND_ROWS_MAX) return undefined
  if (moreBefore && first < AROUND_ROWS / 4) return { key: oldest.key, before: AROUND_ROWS, after: 0 }
  if (moreAfter && last > rows.length - AROUND_ROWS / 4) return { key: newest.key, before: 0, after: AROUND_ROWS }
  return undefined
}

/** With what came when so many lines before and after one of them were asked for. */
export function grown(
  now: Surroundings,
  records: readonly LogRecord[],
  { key, before, after }: Wanted,
): Surroundings {
  const at = records.findIndex((record) => record.key === key)
  const known = new Set(now.rows.map((row) => row.key))
  const earlier = records.slice(0, Math.max(0, at)).filter((record) => !known.has(record.key))
  const later = records.slice(Math.max(0, at)).filter((record) => !known.has(record.key))
  return {
    rows: [...earlier, ...now.rows, ...later],
    moreBefore: before > 0 ? at === before : now.moreBefore,
    moreAfter: after > 0 ? records.length - at - 1 === after : now.moreAfter,
    fault: undefined,
  }
}
