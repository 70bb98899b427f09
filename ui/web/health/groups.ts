// The rows of the table, in groups: what is failing, what to look at next, what is healthy. Pure.

import type { ComponentHealth, ComponentState, NodeHealth } from '../model/health'

export interface Groups {
  readonly hot: readonly ComponentHealth[]
  readonly next: readonly ComponentHealth[]
  readonly healthy: readonly ComponentHealth[]
}

export function groupsOf(components: readonly ComponentHealth[]): Groups {
  const hot = (state: ComponentState) => state === 'failing' || state === 'crash_looping'
  return {
    hot: components.filter(({ state }) => hot(state)),
    next: components.filter(({ state }) => !hot(state) && state !== 'healthy'),
    healthy: components.filter(({ state }) => state === 'healthy'),
  }
}

/** All rows in the order in which j and k walk. */
export function inOrder({ hot, next, healthy }: Groups): readonly ComponentHealth[] {
  return [...hot, ...next, ...healthy]
}

/** The row that a step leads to; from none, the first or the last. */
export function stepped(rows: readonly ComponentHealth[], from: string | undefined, by: 1 | -1): string | undefined {
  const at = rows.findIndex(({ component }) => component === from)
  const next = at < 0 ? (by === 1 ? 0 : rows.length - 1) : Math.min(Math.max(at + by, 0), rows.length - 1)
  return rows[next]?.component
}

/** Nodes that have a column; above this many there is none, for a cell could not be hit. */
export const NODE_COLUMNS_MAX = 24

/** The nodes with a column, and how each is called there: by its last part where that tells them apart, else without
 *  what all their names begin with. */
export function columnsOf(nodes: readonly NodeHealth[]): readonly { readonly node: string; readonly short: string; readonly gone: boolean }[] {
  if (nodes.length > NODE_COLUMNS_MAX) return []
  const short = shortOf(nodes.map(({ node }) => node))
  return nodes.map(({ node, state }) => ({
    node,
    short: short(node),
    gone: state === 'node_gone' || state === 'collector_gone',
  }))
}

const COLUMN_CHARS = 3

function shortOf(names: readonly string[]): (name: string) => string {
  const last = (name: string) => (name.split(/[-._/]/).at(-1) ?? '').slice(0, COLUMN_CHARS)
  if (names.length > 1 && new Set(names.map(last)).size === names.length) return last
  const shared = names.length < 2 ? '' : sharedBeginning(names)
  return (name) => name.slice(shared.length, shared.length + COLUMN_CHARS)
}

/** Up to and with the last separator that all names share. */
function sharedBeginning(names: readonly string[]): string {
  const [first = '', ...others] = names
  let end = 0
  for (let at = 1; at < first.length; at += 1) {
    if (!'-._/'.includes(first[at - 1] ?? '')) continue
    if (others.every((name) => name.length > at && name.startsWith(first.slice(0, at)))) end = at
  }
  return first.slice(0, end)
}
