// The requests of the Paths page: the service graph, where traces enter, the paths of an entry.

import { ENTRIES_MAX } from '../model/limits'
import type { Json } from '../model/record'
import { isObject } from '../model/span'
import type { Entry, ServiceGraph } from '../paths/usePaths'
import type { Branch, Path, PathsFound } from '../paths/words'
import { query } from './client'
import { get } from './request'

interface Range {
  readonly from: string
  readonly to: string
}

/** Who calls whom. */
export async function serviceGraph(range: Range, signal: AbortSignal): Promise<ServiceGraph> {
  const { nodes, edges } = await get('/api/v1/graph', { ...range }, signal)
  return {
    nodes: nodes.map(({ service, calls, errors, p50_ms, p95_ms, p99_ms }) => ({
      ...{ service, calls, errors },
      ...{ p50Ms: p50_ms, p95Ms: p95_ms, p99Ms: p99_ms },
    })),
    edges: edges.map(({ from, to, calls, errors, p95_ms }) => ({ from, to, calls, errors, p95Ms: p95_ms })),
  }
}

const ENTRIES = `-parent_span_id:* | stats count() as traces, p99(duration) as p99 by service, operation | sort traces desc | limit ${ENTRIES_MAX}`

/** What the roots of traces are, the commonest first. */
export async function entries(range: Range, signal: AbortSignal): Promise<readonly Entry[]> {
  const { columns, rows } = await query({ q: ENTRIES, signal: 'spans', ...range }, signal)
  const at = (name: string) => columns.findIndex((column) => column.name === name)
  const [service, operation, traces, p99] = [at('service'), at('operation'), at('traces'), at('p99')]
  return rows.map((row) => ({
    service: String(row[service] ?? ''),
    operation: String(row[operation] ?? ''),
    traces: Number(row[traces] ?? 0),
    p99Ms: Number(row[p99] ?? 0),
  }))
}

/** The distinct paths of the traces with a span of that service and operation, the commonest first. */
export async function paths(asked: Range & Pick<Entry, 'service' | 'operation'>, signal: AbortSignal): Promise<PathsFound> {
  const { from, to, service, operation } = asked
  const answer = await get('/api/v1/paths', { service, operation, from, to, by: 'tree' }, signal)
  const path = (wire: (typeof answer.paths)[number]): Path => ({
    id: wire.path_id,
    tree: (wire.tree ?? []).map(toBranch),
    count: wire.count,
    errorRatio: wire.error_ratio,
    p50Ms: wire.p50_ms,
    p95Ms: wire.p95_ms,
    p99Ms: wire.p99_ms,
    critical: wire.critical.map(({ share_p99, ...share }) => ({ ...share, shareTail: share_p99 })),
  })
  return { paths: answer.paths.map(path), leftOut: answer.left_out }
}

/** The document says no more of a node than that it is an object: nodes nest. */
function toBranch(node: { readonly [name: string]: Json }): Branch {
  const children = Array.isArray(node['children']) ? node['children'] : []
  return {
    service: String(node['service'] ?? ''),
    count: typeof node['count'] === 'number' ? node['count'] : 1,
    children: children.filter(isObject).map(toBranch),
  }
}
