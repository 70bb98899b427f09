// The rows of a trace as somebody has folded them, and the one that is chosen: the open span of the
// address, or the one to look at first. Whatever is chosen is shown, with all above it open.

import { type RefObject, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import type { Forest, TraceNode } from '../model/trace'
import { nextFailing, revealed, rowsOf, type TraceRow, turnedAt } from '../model/traceRows'
import { toast } from '../state/toast'
import { changeView } from '../state/useView'
import type { WaterfallHandle } from './Waterfall'
import { firstToSee } from './words'

interface Wanted {
  readonly forest: Forest
  readonly criticalOnly: boolean
  readonly open: string | undefined
  readonly handle: RefObject<WaterfallHandle | null>
}

export function useRows({ forest, criticalOnly, open, handle }: Wanted) {
  const [turned, setTurned] = useState<ReadonlySet<string>>(new Set())
  const byId = useMemo(() => new Map(forest.nodes.map((node) => [node.id as string, node])), [forest])
  const node = (open === undefined ? undefined : byId.get(open)) ?? firstToSee(forest)
  const folding = useMemo(() => (node === undefined ? turned : revealed(forest, node, turned)), [forest, node, turned])
  const rows = useMemo(() => rowsOf(forest, { turned: folding, criticalOnly }), [forest, folding, criticalOnly])
  const found = useMemo(() => (node === undefined ? -1 : rows.findIndex((row) => row.node === node)), [rows, node])
  const chosen = found >= 0 ? found : undefined
  const walked = useRef(false)
  useEffect(() => setTurned(folding), [folding])
  useLayoutEffect(() => {
    if (chosen !== undefined) handle.current?.show(chosen, walked.current ? 'near' : 'middle')
    walked.current = true
  }, [handle, node, chosen === undefined])

  const choose = useCallback((row: TraceRow | undefined, how: 'push' | 'replace' = 'push') => {
    if (row !== undefined) changeView({ open: row.node.id }, how)
  }, [])
  const step = (by: 1 | -1) => choose(rows[Math.min(rows.length - 1, Math.max(0, (chosen ?? -1) + by))], 'replace')
  const toError = (by: 1 | -1) => {
    const next = nextFailing(rows, chosen ?? -1, by)
    if (next === undefined) return toast(by === 1 ? 'No further error' : 'No error before')
    choose(rows[next], 'replace')
  }
  /** Opens (1), folds (-1), or the other way than it is. What is open already steps inside, what is folded
   *  already steps out. */
  const turn = (row: TraceRow, by?: 1 | -1) => {
    const folds = row.node.children.length > 0
    if (by === 1 && (row.open || !folds)) return folds ? step(1) : undefined
    if (by === -1 && (!row.open || !folds)) return leave(row.node)
    // What is chosen may not vanish below what is folded.
    if (row.open && node !== undefined && isBelow(node, row.node)) choose(row, 'replace')
    setTurned(turnedAt(folding, row.node.id))
  }
  const leave = ({ parent }: TraceNode) => choose(rows.find((row) => row.node === parent), 'replace')
  return { rows, chosen, turn, step, toError, choose }
}

function isBelow(node: TraceNode, above: TraceNode): boolean {
  for (let at = node.parent; at !== undefined; at = at.parent) if (at === above) return true
  return false
}
