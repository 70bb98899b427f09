// Where each line of the list lies. Lines are of one height, but for those that are wrapped; of a line
// that is not here only the usual height is known. Pure: nothing is measured, wrapped text stands in a
// grid of equal characters.

import { bisect } from '../model/bisect'

export interface Heights {
  /** Of all lines, pixels. */
  readonly whole: number
  /** Where a line begins. */
  top(index: number): number
  height(index: number): number
  /** The line at a place. */
  at(px: number): number
}

/** `tall`: lines that are higher, in order, and by how much. */
export function heightsOf(count: number, usual: number, tall: readonly (readonly [index: number, more: number])[]): Heights {
  const indices = tall.map(([index]) => index)
  const sums = [0]
  for (const [, more] of tall) sums.push((sums.at(-1) ?? 0) + more)
  /** How many tall lines stand before a line. */
  const before = (index: number) => bisect(indices.length, (n) => (indices[n] ?? 0) < index)
  const top = (index: number) => index * usual + (sums[before(index)] ?? 0)
  const height = (index: number) => {
    const n = before(index)
    return indices[n] === index ? usual + (tall[n]?.[1] ?? 0) : usual
  }
  return {
    whole: top(count),
    top,
    height,
    at(px) {
      const n = bisect(indices.length, (n) => top(indices[n] ?? 0) <= px)
      const tallBefore = indices[n - 1]
      if (tallBefore === undefined) return bounded(Math.floor(px / usual), count)
      const end = top(tallBefore) + height(tallBefore)
      return px < end ? tallBefore : bounded(tallBefore + 1 + Math.floor((px - end) / usual), count)
    },
  }
}

function bounded(index: number, count: number): number {
  return Math.max(0, Math.min(count - 1, index))
}
