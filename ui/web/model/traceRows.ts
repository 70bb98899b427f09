// The rows of a waterfall: which nodes of a trace are shown, and which are folded into the one above. Pure.
//
// A trace of more than FOLD_SPANS spans is folded where nothing failed: what branches off a node with
// several children is one row until it is opened. What failed, and all above it, stays open.

import { FOLD_SPANS } from './limits'
import type { Forest, TraceNode } from './trace'
import { fails } from './trace'
import { type Segment, united } from './traceCritical'

export interface TraceRow {
  readonly node: TraceNode
  /** Whether what is below it is shown; leaves are open. */
  readonly open: boolean
  /** Its part of the critical path; that of all below it, too, while it is folded. */
  readonly critical: readonly Segment[]
}

export interface Folding {
  /** Nodes that somebody folded or opened: the other way than they would be. */
  readonly turned: ReadonlySet<string>
  readonly criticalOnly: boolean
}

export function rowsOf(forest: Forest, { turned, criticalOnly }: Folding): readonly TraceRow[] {
  const { nodes } = forest
  const wanted = criticalOnly ? onCriticalPath(nodes) : undefined
  const rows: TraceRow[] = []
  for (let n = 0; n < nodes.length; ) {
    const node = nodes[n] as TraceNode
    if (wanted !== undefined && !wanted.has(node)) {
      n += node.extent
      continue
    }
    const open = isOpen(forest, node, turned)
    rows.push({ node, open, critical: open ? node.critical : united(nodes.slice(n, n + node.extent).flatMap(({ critical }) => critical)) })
    n += open ? 1 : node.extent
  }
  return rows
}

export function isOpen(forest: Forest, node: TraceNode, turned: ReadonlySet<string>): boolean {
  if (node.children.length === 0) return true
  return foldsItself(forest, node) === turned.has(node.id)
}

function foldsItself({ spans, roots }: Forest, node: TraceNode): boolean {
  if (spans <= FOLD_SPANS || node.failsBelow || fails(node)) return false
  return (node.parent?.children ?? roots).length > 1
}

/** The folding in which a node is a row: all above it are open. */
export function revealed(forest: Forest, node: TraceNode, turned: ReadonlySet<string>): ReadonlySet<string> {
  const next = new Set(turned)
  for (let above = node.parent; above !== undefined; above = above.parent) {
    if (!isOpen(forest, above, next)) flip(next, above.id)
  }
  return next.size === turned.size ? turned : next
}

/** The folding with a node the other way. */
export function turnedAt(turned: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(turned)
  flip(next, id)
  return next
}

function flip(set: Set<string>, id: string): void {
  if (!set.delete(id)) set.add(id)
}

/** Nodes with a part in the critical path, and all above them. */
function onCriticalPath(nodes: readonly TraceNode[]): ReadonlySet<TraceNode> {
  const wanted = new Set<TraceNode>()
  for (const node of nodes) {
    if (node.critical.length === 0) continue
    for (let at: TraceNode | undefined = node; at !== undefined && !wanted.has(at); at = at.parent) wanted.add(at)
  }
  return wanted
}

/** The next failing row below or above a row, or around the ends. */
export function nextFailing(rows: readonly TraceRow[], from: number, by: 1 | -1): number | undefined {
  for (let at = from + by; at >= 0 && at < rows.length; at += by) {
    const row = rows[at]
    if (row !== undefined && (fails(row.node) || (!row.open && row.node.failsBelow))) return at
  }
  return undefined
}
