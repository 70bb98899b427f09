// The time of a trace across the screen: a window of it, its ticks, and moving the window. Pure.

export interface TimeWindow {
  readonly fromMs: number
  readonly toMs: number
}

/** About five ticks at round times. */
export function ticksOf({ fromMs, toMs }: TimeWindow): readonly number[] {
  const raw = (toMs - fromMs) / 5
  if (!(raw > 0)) return [fromMs]
  const magnitude = 10 ** Math.floor(Math.log10(raw))
  const step = ([1, 2, 5, 10].find((times) => times * magnitude >= raw) ?? 10) * magnitude
  const first = Math.ceil(fromMs / step)
  const ticks: number[] = []
  for (let n = first; n * step <= toMs; n += 1) ticks.push(n * step)
  return ticks
}

/** Shorter than this no window gets, as a part of the whole. */
const WINDOW_MIN = 1e-6

/** The window narrower or wider around a part of it, inside the whole. */
export function zoomed({ fromMs, toMs }: TimeWindow, at: number, times: number, totalMs: number): TimeWindow {
  const middle = fromMs + (toMs - fromMs) * at
  const length = Math.max((toMs - fromMs) * times, totalMs * WINDOW_MIN)
  const from = Math.max(0, middle - length * at)
  return { fromMs: from, toMs: Math.min(totalMs, from + length) }
}

/** From one place of the overview to another, as parts of the whole. */
export function windowBetween(a: number, b: number, totalMs: number): TimeWindow {
  const [from, to] = [Math.max(0, Math.min(a, b)), Math.min(1, Math.max(a, b))]
  return { fromMs: from * totalMs, toMs: Math.max(to, from + WINDOW_MIN) * totalMs }
}
