// The critical path: the stretches of a trace in which it would have ended sooner had that span been faster.
//
//   parent  ████───────██────███      walked from the end: the child that ends last before here is what
//   child A      █████                was waited for; what no such child covers is the parent's own
//   child B           ░░ ████         (A's end after B's start was not waited for)
//
// - Each child is clamped to its parent before the walk: a clock that is off by a millisecond would
//   otherwise give the parent's time to the wrong span.
// - Of children that end at once the one that began first was waited for, as on the server.
// - The stretches do not overlap, and together they cover what the roots cover.

import type { TraceNode } from './trace'

/** Less than a nanosecond is an error of reckoning, milliseconds. */
const NOTHING_MS = 5e-7

export type Segment = readonly [fromMs: number, toMs: number]

/** Gives each node its part. */
export function criticalPath(roots: readonly TraceNode[], totalMs: number): void {
  const waiting: Window[] = []
  walk(roots, 0, totalMs, waiting)
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node, from, to } = next
    node.critical = walk(node.children, from, to, waiting)
  }
}

interface Window {
  readonly node: TraceNode
  readonly from: number
  readonly to: number
}

/** What is left to the one who called the children, in order; each child that was waited for is put among
 *  the waiting with its part. */
function walk(children: readonly TraceNode[], from: number, to: number, waiting: Window[]): readonly Segment[] {
  const clamped = children
    .map((node) => ({ node, from: Math.max(from, node.startMs), to: Math.min(to, node.endMs) }))
    .filter((part) => part.to > part.from)
    .sort((a, b) => b.to - a.to || a.from - b.from)
  const own: Segment[] = []
  let cursor = to
  for (const part of clamped) {
    if (part.to > cursor + NOTHING_MS) continue
    if (part.to < cursor - NOTHING_MS) own.push([part.to, cursor])
    waiting.push(part)
    cursor = part.from
  }
  if (cursor > from + NOTHING_MS) own.push([from, cursor])
  return own.reverse()
}

export function lengthOf(segments: readonly Segment[]): number {
  return segments.reduce((sum, [from, to]) => sum + to - from, 0)
}

/** The stretches of several nodes as few as possible, in order. */
export function united(segments: readonly Segment[]): readonly Segment[] {
  const all: (readonly [number, number])[] = []
  for (const [from, to] of segments.toSorted((a, b) => a[0] - b[0])) {
    const last = all.at(-1)
    if (last !== undefined && from <= last[1]) all[all.length - 1] = [last[0], Math.max(last[1], to)]
    else all.push([from, to])
  }
  return all
}
