// What a row of the waterfall is called: its service where it is another one than above, and what it does.
// Pure.

import { seen } from '../model/message'
import type { Shorten } from '../model/names'
import type { TraceNode } from '../model/trace'
import type { TraceRow } from '../model/traceRows'

export interface RowName {
  /** Nothing where the row above already says it. */
  readonly service: string
  readonly text: string
}

export function rowName({ node, open }: TraceRow, shorten: Shorten): RowName {
  const { span, parent } = node
  if (span === undefined) return { service: '', text: `parent ${seen(node.id)} never arrived` }
  const named = parent?.span?.service !== span.service
  const folded = open ? '' : `${node.spans} spans  `
  return { service: named ? seen(shorten(span.service || 'unknown')) : '', text: folded + operationOf(node, shorten) }
}

/** A call says where it goes. */
function operationOf(node: TraceNode, shorten: Shorten): string {
  const operation = oneLine(node.span?.operation ?? '')
  const callee = node.span?.kind === 'client' ? node.children[0]?.span?.service : undefined
  return callee === undefined || callee === node.span?.service ? operation : `${operation} to ${seen(shorten(callee))}`
}

function oneLine(text: string): string {
  return seen(text).replace(/\s*\n\s*/g, ' ⏎ ')
}

/** The same for those who hear it, with all that the drawing shows. */
export function rowSentence(row: TraceRow, shorten: Shorten, duration: string): string {
  const { node } = row
  const name = rowName(row, shorten)
  const service = seen(shorten(node.span?.service ?? ''))
  const words = [service, name.text, duration]
  if (node.span?.failed === true) words.push(node.failsBelow ? 'failed, passed on' : 'failed here')
  if (row.critical.length > 0) words.push('on the critical path')
  if (node.corrected) words.push('its clock is corrected')
  return words.filter((word) => word !== '').join(', ')
}
