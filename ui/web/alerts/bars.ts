// Where the firings of a replay stand in its chart: a row for each on whom, the busiest first. Pure.

import type { Firing } from '../model/alert'
import { REPLAY_ROWS_MAX } from '../model/limits'
import { whomWords } from './words'

export interface Row {
  readonly name: string
  readonly bars: readonly Bar[]
}

/** Shares of the range. */
export interface Bar {
  readonly from: number
  readonly length: number
}

/** Beyond the limit the rest share the last row. */
export function rowsOf(firings: readonly Firing[], fromMs: number, toMs: number): readonly Row[] {
  const whole = Math.max(toMs - fromMs, 1)
  const share = (ms: number) => Math.min(Math.max((ms - fromMs) / whole, 0), 1)
  const byWhom = new Map<string, Firing[]>()
  for (const firing of firings) {
    const name = whomWords(firing.labels)
    byWhom.set(name, [...(byWhom.get(name) ?? []), firing])
  }
  const length = (of: readonly Firing[]) => of.reduce((sum, firing) => sum + firing.toMs - firing.fromMs, 0)
  const sorted = [...byWhom].sort(([, a], [, b]) => length(b) - length(a))
  const many = sorted.length > REPLAY_ROWS_MAX
  const own = many ? sorted.slice(0, REPLAY_ROWS_MAX - 1) : sorted
  const rest = sorted.slice(own.length)
  const row = (name: string, of: readonly Firing[]): Row => ({
    name,
    bars: of.map((firing) => ({ from: share(firing.fromMs), length: share(firing.toMs) - share(firing.fromMs) })),
  })
  const rows = own.map(([name, of]) => row(name === '' ? 'fires' : name, of))
  return many ? [...rows, row(`${rest.length} others`, rest.flatMap(([, of]) => of))] : rows
}
