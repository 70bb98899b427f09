// A trace as a forest: who called whom, what failed first, where the time went. Pure.
//
//   spans ─> nodes in the order of a waterfall ─> what failed, how much lies below ─> critical path
//
// - Orphans, cycles, several roots and clocks that differ are values, not errors: every span is in the
//   forest exactly once. Orphans of one lost parent stand together below a node without a span.
// - Times are milliseconds from the first start. The spans' own times stay as they are; with `corrected`
//   the known offset of each node's clock is taken out.
// - Nothing here calls itself: a chain of a hundred thousand spans is a trace, too.

import { criticalPath, type Segment } from './traceCritical'
import type { LogRecord } from './record'
import type { Span, SpanId } from './span'
import type { Nanos } from './time'

export interface Trace {
  readonly id: string
  readonly spans: readonly Span[]
  readonly logs: readonly LogRecord[]
  /** How far a node's clock is ahead of the others, milliseconds. */
  readonly skewMs: ReadonlyMap<string, number>
  /** What the server counts as each span's own part of the critical path, milliseconds. */
  readonly critical: ReadonlyMap<string, number>
  /** Whether there are more spans than the screen takes. */
  readonly cut: boolean
}

export interface TraceNode {
  /** Nothing for a parent that never arrived. */
  readonly span: Span | undefined
  readonly id: SpanId
  readonly parent: TraceNode | undefined
  readonly children: TraceNode[]
  readonly depth: number
  startMs: number
  endMs: number
  /** Nodes below it and itself: the next node in order that is not below it is so much farther. */
  extent: number
  /** Spans below it and itself. */
  spans: number
  /** Whether a span below it failed. */
  failsBelow: boolean
  /** Whether its time is not the one that its clock said. */
  readonly corrected: boolean
  /** Its own part of the critical path. */
  critical: readonly Segment[]
}

export interface Forest {
  /** In the order of a waterfall: a node, then what is below it. */
  readonly nodes: readonly TraceNode[]
  readonly roots: readonly TraceNode[]
  readonly begin: Nanos
  readonly totalMs: number
  readonly spans: number
  readonly errors: number
  readonly missing: number
}

export function fails(node: TraceNode): boolean {
  return node.span?.failed === true
}

/** The failure began here: those above only passed it on. */
export function isOrigin(node: TraceNode): boolean {
  return fails(node) && !node.failsBelow
}

export function forestOf(trace: Pick<Trace, 'spans' | 'skewMs'>, corrected: boolean): Forest {
  const skew = corrected ? trace.skewMs : new Map<string, number>()
  const spans = trace.spans.toSorted((a, b) => (a.at === b.at ? (a.id < b.id ? -1 : 1) : a.at < b.at ? -1 : 1))
  const base = spans[0]?.at ?? (0n as Nanos)
  const { below, roots, missing } = family(spans)
  const place = (span: Span, parent: TraceNode | undefined): TraceNode => {
    const off = skew.size === 0 ? 0 : (skew.get(span.node) ?? 0)
    const startMs = Number(span.at - base) / 1e6 - off
    return nodeOf(span, span.id, parent, startMs, startMs + span.durationMs, off !== 0)
  }
  const placed = [...roots].map((span) => place(span, undefined))
  for (const [id, orphans] of missing) placed.push(lost(id, orphans, place))
  grow(placed, below, place)
  return settle(placed, base, missing.size)
}

function nodeOf(span: Span | undefined, id: SpanId, parent: TraceNode | undefined, startMs: number, endMs: number, corrected: boolean): TraceNode {
  const depth = parent === undefined ? 0 : parent.depth + 1
  return { span, id, parent, children: [], depth, startMs, endMs, extent: 1, spans: 0, failsBelow: false, corrected, critical: NOTHING }
}

const NOTHING: readonly Segment[] = []

/** A parent that never arrived, as long as what it called. */
function lost(id: SpanId, orphans: readonly Span[], place: (span: Span, parent: TraceNode) => TraceNode): TraceNode {
  const node = nodeOf(undefined, id, undefined, 0, 0, false)
  for (const span of orphans) node.children.push(place(span, node))
  node.startMs = node.children.reduce((least, { startMs }) => Math.min(least, startMs), Infinity)
  node.endMs = node.children.reduce((most, { endMs }) => Math.max(most, endMs), -Infinity)
  return node
}

interface Family {
  readonly below: ReadonlyMap<string, readonly Span[]>
  readonly roots: ReadonlySet<Span>
  /** Of each parent that never arrived, who names it. */
  readonly missing: ReadonlyMap<SpanId, readonly Span[]>
}

/** Who is below whom. A cycle is cut above its earliest span. `spans` are in the order of their starts. */
function family(spans: readonly Span[]): Family {
  const known = new Map(spans.map((span) => [span.id, span]))
  const below = new Map<string, Span[]>()
  const missing = new Map<SpanId, Span[]>()
  const roots = new Set<Span>(spans.filter(({ parent }) => parent === undefined))
  for (const cut of cyclesOf(spans, known)) roots.add(cut)
  for (const span of spans) {
    if (span.parent === undefined || roots.has(span)) continue
    const group = known.has(span.parent) ? below : missing
    const siblings = group.get(span.parent)
    if (siblings === undefined) group.set(span.parent, [span])
    else siblings.push(span)
  }
  return { below, roots, missing }
}

/** Of each cycle the span that starts first. */
function cyclesOf(spans: readonly Span[], known: ReadonlyMap<string, Span>): readonly Span[] {
  const seenIn = new Map<Span, number>()
  const rank = new Map(spans.map((span, n) => [span, n]))
  const first: Span[] = []
  for (const [walk, begin] of spans.entries()) {
    let at: Span | undefined = begin
    while (at !== undefined && !seenIn.has(at)) {
      seenIn.set(at, walk)
      at = at.parent === undefined ? undefined : known.get(at.parent)
    }
    // Only what this very walk has passed before closes a cycle.
    if (at === undefined || seenIn.get(at) !== walk) continue
    let least = at
    for (let next = known.get(at.parent ?? ''); next !== undefined && next !== at; next = known.get(next.parent ?? '')) {
      if ((rank.get(next) ?? 0) < (rank.get(least) ?? 0)) least = next
    }
    first.push(least)
  }
  return first
}

/** Puts below each node what it called. */
function grow(placed: readonly TraceNode[], below: Family['below'], place: (span: Span, parent: TraceNode) => TraceNode): void {
  const waiting = placed.flatMap((node) => (node.span === undefined ? node.children : [node]))
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    for (const span of below.get(node.id) ?? []) node.children.push(place(span, node))
    for (const child of node.children) waiting.push(child)
  }
}

/** Orders the forest, counts what lies below each node, and puts its first start at zero. */
function settle(roots: readonly TraceNode[], base: Nanos, missing: number): Forest {
  const ordered = roots.toSorted(byStart)
  const nodes: TraceNode[] = []
  const waiting = ordered.toReversed()
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    nodes.push(node)
    node.children.sort(byStart)
    for (let n = node.children.length - 1; n >= 0; n -= 1) waiting.push(node.children[n] as TraceNode)
  }
  let [first, last] = [Infinity, -Infinity]
  for (const node of nodes) {
    if (node.startMs < first) first = node.startMs
    if (node.endMs > last) last = node.endMs
  }
  if (nodes.length === 0) [first, last] = [0, 0]
  let [spans, errors] = [0, 0]
  for (const node of nodes.toReversed()) {
    node.startMs -= first
    node.endMs -= first
    if (node.span !== undefined) node.spans += 1
    if (node.span !== undefined) spans += 1
    if (fails(node)) errors += 1
    const { parent } = node
    if (parent === undefined) continue
    parent.extent += node.extent
    parent.spans += node.spans
    parent.failsBelow ||= node.failsBelow || fails(node)
  }
  criticalPath(ordered, last - first)
  return { nodes, roots: ordered, begin: (base + BigInt(Math.round(first * 1e6))) as Nanos, totalMs: last - first, spans, errors, missing }
}

function byStart(a: TraceNode, b: TraceNode): number {
  return a.startMs - b.startMs
}

/** What of a node's time no child of it covers, milliseconds. */
export function ownMs(node: TraceNode): number {
  let covered = 0
  let end = node.startMs
  for (const child of node.children) {
    const from = Math.max(end, child.startMs)
    const to = Math.min(node.endMs, child.endMs)
    if (to <= from) continue
    covered += to - from
    end = to
  }
  return Math.max(0, node.endMs - node.startMs - covered)
}
