// Lines over time as paths: sparklines, and the charts on top. Pure. A point that nobody counted is a gap.

import type { Point } from '../model/health'

export interface Box {
  readonly width: number
  readonly height: number
}

/** The greatest point; at least so much, so that a flat line of nothing lies at the bottom. */
export function most(points: readonly Point[], atLeast = 0): number {
  return points.reduce<number>((max, point) => Math.max(max, point ?? 0), atLeast)
}

/** Without the zeros before the first count: nothing is known to have been nothing before anything came. */
export function fromFirst(points: readonly Point[]): readonly Point[] {
  const first = points.findIndex((point) => point !== undefined && point > 0)
  return first < 0 ? points : points.map((point, at) => (at < first ? undefined : point))
}

/** Where a point stands from left to right. */
export function placeX(at: number, count: number, width: number): number {
  return count < 2 ? width / 2 : (at / (count - 1)) * width
}

function placeY(point: number, max: number, height: number): number {
  return max <= 0 ? height : height - (point / max) * height
}

/** The points from `from` on as one path; a gap begins a new stroke. */
export function linePath(points: readonly Point[], max: number, box: Box, from = 0): string {
  let drawing = false
  const steps = points.map((point, at) => {
    if (point === undefined || at < from) {
      drawing = false
      return ''
    }
    const step = drawing ? 'L' : 'M'
    drawing = true
    return `${step}${round(placeX(at, points.length, box.width))} ${round(placeY(point, max, box.height))}`
  })
  return steps.join('')
}

/** What lies under them, down to the axis. */
export function areaPath(points: readonly Point[], max: number, box: Box, from = 0): string {
  const runs: string[] = []
  let run: [number, number][] = []
  const end = () => {
    const [first, last] = [run[0], run.at(-1)]
    if (first !== undefined && last !== undefined && run.length > 1) {
      runs.push(`M${first[0]} ${box.height}${run.map(([x, y]) => `L${x} ${y}`).join('')}L${last[0]} ${box.height}Z`)
    }
    run = []
  }
  points.forEach((point, at) => {
    if (point === undefined || at < from) return end()
    run.push([round(placeX(at, points.length, box.width)), round(placeY(point, max, box.height))])
  })
  end()
  return runs.join('')
}

function round(n: number): number {
  return Math.round(n * 10) / 10
}

/** The first point that ends after that moment; nothing when none does. */
export function pointAt(ms: number | undefined, edgesMs: readonly number[]): number | undefined {
  if (ms === undefined) return undefined
  const at = edgesMs.findIndex((edge, i) => i > 0 && edge > ms)
  return at <= 0 ? undefined : at - 1
}

/** Which point lies under a pointer. */
export function pointUnder(px: number, width: number, count: number): number | undefined {
  if (width <= 0 || count === 0) return undefined
  return Math.min(Math.max(Math.round((px / width) * (count - 1)), 0), count - 1)
}
