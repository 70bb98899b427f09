// Asks for what the Paths page shows: the graph, where traces enter, the paths of the chosen entry. What was
// answered before stays until the new answer is there.

import { entries, paths, serviceGraph } from '../api/paths'
import type { Question } from '../state/question'
import { type Asked, useAsked } from '../state/useAsked'
import type { PathsFound } from './words'

export interface GraphNode {
  readonly service: string
  readonly calls: number
  readonly errors: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
}

export interface GraphEdge {
  readonly from: string
  readonly to: string
  readonly calls: number
  readonly errors: number
  readonly p95Ms: number
}

export interface ServiceGraph {
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
}

/** Where traces enter: their root's service and operation. */
export interface Entry {
  readonly service: string
  readonly operation: string
  readonly traces: number
  readonly p99Ms: number
}

export interface Overview {
  readonly graph: ServiceGraph
  readonly entries: readonly Entry[]
}

export function useOverview({ from, to, turn }: Question): Asked<Overview> {
  return useAsked(`${turn}`, async (signal) => {
    const [graph, listed] = await Promise.all([serviceGraph({ from, to }, signal), entries({ from, to }, signal)])
    return { graph, entries: listed }
  })
}

/** Nothing is asked without an entry. */
export function usePathsOf(entry: Pick<Entry, 'service' | 'operation'> | undefined, { from, to, turn }: Question): Asked<PathsFound> {
  const key = entry === undefined ? undefined : JSON.stringify([turn, entry.service, entry.operation])
  return useAsked(key, (signal) => (entry === undefined ? Promise.resolve({ paths: [], leftOut: 0 }) : paths({ ...entry, from, to }, signal)))
}
