// A line over time in a row of the table. Hidden from readers: the number stands beside it.

import type { Point } from '../model/health'
import { linePath, most } from './lines'

const BOX = { width: 64, height: 15 }

export interface SparkProps {
  readonly points: readonly Point[]
  /** What the full height means; without it, the greatest point. */
  readonly max?: number
  /** From which point on it is bad. */
  readonly badFrom?: number | undefined
  readonly quiet: boolean
}

export function Spark({ points, max, badFrom, quiet }: SparkProps) {
  const height = max ?? most(points)
  // A line of nothing says nothing.
  const silent = !points.some((point) => point !== undefined && point > 0)
  return (
    <svg className={quiet ? 'spark quiet' : 'spark'} width={BOX.width} height={18} viewBox={`0 -2 ${BOX.width} 18`} aria-hidden="true">
      {!silent && <path d={linePath(points, height, BOX)} />}
      {!silent && badFrom !== undefined && <path className="bad-line" d={linePath(points, height, BOX, Math.max(badFrom - 1, 0))} />}
    </svg>
  )
}
