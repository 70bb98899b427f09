// Which rows of a long list are drawn: those in sight and a few around them. Pure.

export interface Sight {
  readonly top: number
  readonly height: number
}

/** Rows drawn beyond either edge, so that a flick of the wheel shows no blank. */
const MARGIN_ROWS = 12

/** `[first, last)` */
export function rowsInSight(sight: Sight, rowHeight: number, count: number): readonly [number, number] {
  const first = Math.max(0, Math.floor(sight.top / rowHeight) - MARGIN_ROWS)
  const last = Math.min(count, Math.ceil((sight.top + sight.height) / rowHeight) + MARGIN_ROWS)
  return [Math.min(first, last), last]
}
