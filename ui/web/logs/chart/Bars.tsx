// The drawing of the chart: what rises, what hangs, the axis. Four paths, whatever the number of bars, so
// it is SVG: the theme, printing and zooming are the browser's.

import { memo } from 'react'
import type { Zone } from '../../model/zone'
import { namesWarnings } from '../../model/terms'
import { millis } from '../../model/time'
import type { Bucket } from './counts'
import { BASE_PX, hangPath, HEIGHT_PX, heights, LANE_PX, most, rising, risePath, ticks } from './scale'
import { clockAtEnd, scaleWords, sentence, tight } from './words'

export interface BarsProps {
  readonly q: string
  readonly buckets: readonly Bucket[]
  /** Every line, to stand behind those that match. */
  readonly all: readonly Bucket[]
  readonly zone: Zone
  readonly width: number
}

export const Bars = memo(function Bars({ q, buckets, all, zone, width }: BarsProps) {
  const height = heights(most(buckets, rising), most(all, (bucket) => bucket.lines))
  const errors = most(buckets, (bucket) => bucket.errors)
  const warnings = namesWarnings(q)
  return (
    <svg role="img" aria-label={sentence(buckets, zone)} width={width} height={HEIGHT_PX} viewBox={`0 0 ${width} ${HEIGHT_PX}`}>
      <path className="all" d={risePath(all, (bucket) => bucket.lines, height.behind, width)} />
      <path className="lines" d={risePath(buckets, rising, height.matching, width)} />
      {warnings && <path className="warnings" d={risePath(buckets, (bucket) => bucket.warnings, height.matching, width)} />}
      <path className="errors" d={hangPath(buckets, errors, width)} />
      <path className="axis" d={`M0 ${BASE_PX + 0.5}H${width}`} />
      <Axis buckets={buckets.length > 0 ? buckets : all} zone={zone} width={width} />
    </svg>
  )
})

/** A label needs this much to its left, where the errors' maximum is written, and to its right, where the end
 *  of the range is. */
const START_PX = 112
const END_PX = 92

function Axis({ buckets, zone, width }: Pick<BarsProps, 'buckets' | 'zone' | 'width'>) {
  const [from, to] = [buckets[0]?.from, buckets.at(-1)?.to]
  if (from === undefined || to === undefined || width === 0) return null
  const [start, end] = [millis(from), millis(to)]
  const place = (ms: number) => ((ms - start) / (end - start)) * width
  const shown = ticks(from, to, zone, width).filter((tick) => place(tick.at) > START_PX && place(tick.at) < width - END_PX)
  return (
    <g>
      {shown.map((tick) => (
        <text key={tick.at} x={place(tick.at)} y={HEIGHT_PX - 4} textAnchor="middle">
          {tick.label}
        </text>
      ))}
      <text x={width} y={HEIGHT_PX - 4} textAnchor="end">
        {clockAtEnd(end, end - start, zone)}
      </text>
    </g>
  )
}

/** Both maxima: what the highest bar and what the deepest one means. */
export function Maxima({ buckets, all }: Pick<BarsProps, 'buckets' | 'all'>) {
  const [first] = buckets.length > 0 ? buckets : all
  if (first === undefined) return null
  const length = millis(first.to) - millis(first.from)
  const lines = most(buckets, rising)
  const errors = most(buckets, (bucket) => bucket.errors)
  const behind = most(all, (bucket) => bucket.lines)
  return (
    <>
      <span className="maximum">
        {lines > 0 && behind === 0 && scaleWords(lines, 'line', length)}
        {lines > 0 && behind > 0 && `${tight(lines)} of `}
        {behind > 0 && scaleWords(behind, 'line', length)}
        {lines === 0 && behind === 0 && 'no lines'}
      </span>
      <span className={errors > 0 ? 'maximum errors bad' : 'maximum errors'} style={{ top: BASE_PX + LANE_PX + 2 }}>
        {errors > 0 ? scaleWords(errors, 'error', length) : 'no errors'}
      </span>
    </>
  )
}
