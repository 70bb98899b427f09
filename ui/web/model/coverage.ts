// How far an answer can be trusted: who is late, what is missing, what stopped the search.

import type { SourceId } from './record'
import type { Nanos } from './time'

export interface Lagging {
  readonly node: string
  readonly behindMs: number
}

/** A stretch of a source whose records will not come. */
export interface Gap {
  readonly source: SourceId
  readonly from: string
  readonly at: Nanos
  /** Whose records; nothing when it is not known. */
  readonly component?: string | undefined
  readonly node?: string | undefined
  readonly records: number | undefined
  readonly reason: string
}

export interface Coverage {
  readonly complete: boolean
  readonly completeTo: Nanos | undefined
  readonly lagging: readonly Lagging[]
  readonly missingSplits: number
  readonly gaps: readonly Gap[]
  readonly limitedBy: 'time' | 'bytes' | 'memory' | 'rows' | undefined
}

export const COMPLETE: Coverage = {
  complete: true,
  completeTo: undefined,
  lagging: [],
  missingSplits: 0,
  gaps: [],
  limitedBy: undefined,
}
