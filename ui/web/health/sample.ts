// Boards for tests, told by what matters of them.

import type { Board, ComponentHealth, NodeHealth } from '../model/health'

const SERIES = { rate: [1, 1], errorRatio: [0, 0], p95Ms: [5, 5] }

export function component(name: string, of: Partial<ComponentHealth> = {}): ComponentHealth {
  return {
    component: name,
    state: 'healthy',
    sinceMs: undefined,
    reason: '',
    restarts: 0,
    instances: [`${name}-1`],
    nodes: ['node-1'],
    affects: [],
    failedTrace: undefined,
    series: SERIES,
    basis: 'calls',
    count: 300,
    errors: 0,
    rate: 1,
    errorRatio: 0,
    p95Ms: 5,
    ...of,
  }
}

export function node(name: string, of: Partial<NodeHealth> = {}): NodeHealth {
  return { node: name, state: 'healthy', sinceMs: undefined, reason: '', cpu: 0.2, memory: 0.4, disk: 0.5, ...of }
}

export const HOUR_MS = 3_600_000

export function board(components: readonly ComponentHealth[], of: Partial<Board> = {}): Board {
  const { rate, basis, count, errors, errorRatio, p95Ms, series } = component('all')
  const totals = { rate, basis, count, errors, errorRatio, p95Ms, series }
  return { components, leftOut: 0, nodes: [node('node-1')], totals, changes: [], edgesMs: [0, HOUR_MS / 2, HOUR_MS], windowS: 300, atMs: HOUR_MS, ...of }
}
