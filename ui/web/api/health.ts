// The request for health, and its answer decoded.

import type { Coverage } from '../model/coverage'
import type { Board, ComponentHealth, ComponentState, NodeHealth, NodeState, Numbers, Series } from '../model/health'
import { type Answer, get } from './request'
import { toCoverage } from './wire'

type WireBoard = Answer<'/api/v1/health'>
type WireComponent = WireBoard['components'][number]
type WireNode = WireBoard['nodes'][number]
type WireSeries = WireComponent['series']

/** How everything is at the end of the range. */
export async function health(
  range: { readonly from: string; readonly to: string },
  signal: AbortSignal,
): Promise<{ readonly board: Board; readonly coverage: Coverage }> {
  const answer = await get('/api/v1/health', { ...range }, signal)
  return { board: toBoard(answer), coverage: toCoverage(answer.coverage) }
}

export function toBoard(wire: WireBoard): Board {
  return {
    components: wire.components.map(toComponent),
    leftOut: wire.components_left_out ?? 0,
    nodes: wire.nodes.map(toNode),
    totals: { ...toNumbers(wire.totals), series: toSeries(wire.totals.series) },
    changes: wire.changes.map(({ time, component, node, state }) => ({
      timeMs: Date.parse(time),
      component: component ?? undefined,
      node: node ?? undefined,
      state,
    })),
    edgesMs: wire.points.map((edge) => Date.parse(edge)),
    windowS: wire.window_s,
    atMs: Date.parse(wire.at),
  }
}

const STATES: readonly ComponentState[] = ['failing', 'crash_looping', 'degraded', 'app_silent', 'healthy']
const NODE_STATES: readonly NodeState[] = ['healthy', 'collector_gone', 'node_gone']

function toComponent(wire: WireComponent): ComponentHealth {
  return {
    ...toNumbers(wire),
    component: wire.component,
    state: STATES.find((state) => state === wire.state) ?? 'unknown',
    sinceMs: moment(wire.since),
    reason: wire.reason,
    restarts: wire.restarts,
    instances: wire.instances,
    nodes: wire.nodes,
    affects: wire.affects,
    failedTrace: wire.failed_trace ?? undefined,
    series: toSeries(wire.series),
  }
}

function toNumbers(wire: Pick<WireComponent, 'basis' | 'count' | 'errors' | 'rate' | 'error_ratio' | 'p95_ms'>): Numbers {
  return {
    basis: wire.basis === 'lines' ? 'lines' : 'calls',
    count: wire.count,
    errors: wire.errors,
    rate: wire.rate,
    errorRatio: wire.error_ratio ?? undefined,
    p95Ms: wire.p95_ms ?? undefined,
  }
}

function toSeries(wire: WireSeries): Series {
  const points = (of: readonly (number | null)[]) => of.map((point) => point ?? undefined)
  return { rate: points(wire.rate), errorRatio: points(wire.error_ratio), p95Ms: points(wire.p95_ms) }
}

function toNode(wire: WireNode): NodeHealth {
  return {
    node: wire.node,
    state: NODE_STATES.find((state) => state === wire.state) ?? 'unknown',
    sinceMs: moment(wire.since),
    reason: wire.reason,
    cpu: share(wire.cpu, wire.cpu_cores),
    memory: share(wire.memory, wire.memory_total),
    disk: share(wire.disk, wire.disk_total),
  }
}

function moment(time: string | null | undefined): number | undefined {
  return time == null ? undefined : Date.parse(time)
}

function share(used: number | null | undefined, total: number | null | undefined): number | undefined {
  return used == null || total == null || total <= 0 ? undefined : Math.min(used / total, 1)
}
