// How components and nodes are, as the page keeps it. States are the server's words; what a newer server adds
// is unknown here.

export type ComponentState = 'failing' | 'crash_looping' | 'degraded' | 'app_silent' | 'unknown' | 'healthy'
export type NodeState = 'healthy' | 'collector_gone' | 'node_gone' | 'unknown'

/** What is counted: calls, or lines where there are no calls. What is not known is undefined. */
export interface Numbers {
  readonly basis: 'calls' | 'lines'
  readonly count: number
  readonly errors: number
  /** Per second. */
  readonly rate: number
  readonly errorRatio: number | undefined
  readonly p95Ms: number | undefined
}

/** Points of equal length; undefined where nothing was counted. */
export interface Series {
  readonly rate: readonly Point[]
  readonly errorRatio: readonly Point[]
  readonly p95Ms: readonly Point[]
}

export type Point = number | undefined

export interface ComponentHealth extends Numbers {
  readonly component: string
  readonly state: ComponentState
  readonly sinceMs: number | undefined
  readonly reason: string
  readonly restarts: number
  readonly instances: readonly string[]
  readonly nodes: readonly string[]
  /** Components that fail because their calls to this one do. */
  readonly affects: readonly string[]
  /** The trace of its latest failing call. */
  readonly failedTrace: string | undefined
  readonly series: Series
}

export interface NodeHealth {
  readonly node: string
  readonly state: NodeState
  readonly sinceMs: number | undefined
  readonly reason: string
  /** Shares in use, from 0 to 1. */
  readonly cpu: number | undefined
  readonly memory: number | undefined
  readonly disk: number | undefined
}

export interface Change {
  readonly timeMs: number
  readonly component: string | undefined
  readonly node: string | undefined
  readonly state: string
}

export interface Board {
  /** In the order of need. */
  readonly components: readonly ComponentHealth[]
  readonly leftOut: number
  readonly nodes: readonly NodeHealth[]
  readonly totals: Numbers & { readonly series: Series }
  /** The newest first. */
  readonly changes: readonly Change[]
  /** The edges of the points: one more than there are points. */
  readonly edgesMs: readonly number[]
  readonly windowS: number
  readonly atMs: number
}
