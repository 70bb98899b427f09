// Who takes longer than before: compared with itself, over the time that is shown. Pure.

import type { Board, ComponentHealth, Point } from '../model/health'

export interface Slower {
  readonly health: ComponentHealth
  /** p95 now, and what it was before. */
  readonly nowMs: number
  readonly beforeMs: number
}

/** So much longer than before is slow. */
const TIMES = 3
/** And by at least so much: a millisecond that becomes three is no news. */
const MORE_MS = 100
/** Points that make up now; all of them are slow, for a single call says nothing. */
const NOW_POINTS = 2
/** Points without which there is no before. */
const BEFORE_POINTS_MIN = 2

/** Those of the board that have become slow, the most so first; who is unwell already is told by its state. */
export function slowerOf({ components }: Board): readonly Slower[] {
  const slower = components.filter(({ state }) => state === 'healthy').flatMap((health) => compared(health) ?? [])
  return slower.sort((a, b) => b.nowMs / b.beforeMs - a.nowMs / a.beforeMs)
}

function compared(health: ComponentHealth): Slower | undefined {
  const points = health.series.p95Ms.filter((point): point is NonNullable<Point> => point !== undefined)
  const before = points.slice(0, -NOW_POINTS).sort((a, b) => a - b)
  if (before.length < BEFORE_POINTS_MIN || health.series.p95Ms.slice(-NOW_POINTS).every((point) => point === undefined)) return undefined
  const beforeMs = before[Math.floor((before.length - 1) / 2)] ?? 0
  const nowMs = Math.min(...points.slice(-NOW_POINTS))
  return nowMs >= beforeMs * TIMES && nowMs - beforeMs >= MORE_MS ? { health, nowMs, beforeMs } : undefined
}
