// Three lines over the same time, with one crosshair through all of them: how much, how much of it fails, how
// long it takes.

import { useRef, useState } from 'react'
import type { Board, Point } from '../model/health'
import { percent } from '../model/percent'
import { duration } from '../model/time'
import { useWidth } from '../parts/useWidth'
import { areaPath, fromFirst, linePath, most, placeX, pointAt, pointUnder } from '../parts/lines'
import { rateWords } from './words'

export interface BandProps {
  readonly board: Board
  /** Since when something fails. */
  readonly badSinceMs: number | undefined
  readonly clock: (ms: number) => string
}

const HEIGHT_PX = 36
const AXIS_PX = 16
/** The share of failing requests is drawn on a scale that ends here at the least. */
const FAILING_MAX = 0.1

export function Band({ board, badSinceMs, clock }: BandProps) {
  const [hover, setHover] = useState<number>()
  const { totals, edgesMs } = board
  const lines = totals.basis === 'lines'
  const shared = { edgesMs, clock, hover, onHover: setHover }
  const share = totals.errorRatio === undefined ? 'none' : percent(totals.errorRatio)
  return (
    <div className="band">
      <Chart {...shared} name={lines ? 'Lines' : 'Requests'} now={`${rateWords(totals.rate)}/s`} points={fromFirst(totals.series.rate)} say={(point) => `${rateWords(point)}/s`} />
      <Chart
        {...shared}
        name={lines ? 'Error lines' : 'Failing requests'}
        now={share}
        bad={badSinceMs !== undefined}
        badFrom={pointAt(badSinceMs, edgesMs)}
        points={totals.series.errorRatio}
        max={FAILING_MAX}
        say={percent}
      />
      {!lines && <Chart {...shared} name="p95" now={totals.p95Ms === undefined ? 'none' : duration(totals.p95Ms)} points={totals.series.p95Ms} say={duration} />}
    </div>
  )
}

interface ChartProps {
  readonly name: string
  readonly now: string
  readonly points: readonly Point[]
  readonly edgesMs: readonly number[]
  readonly max?: number
  readonly bad?: boolean
  readonly badFrom?: number | undefined
  readonly hover: number | undefined
  readonly say: (point: number) => string
  readonly clock: (ms: number) => string
  readonly onHover: (at: number | undefined) => void
}

function Chart({ name, now, points, edgesMs, max, bad = false, badFrom, hover, say, clock, onHover }: ChartProps) {
  const place = useRef<HTMLDivElement>(null)
  const width = useWidth(place)
  const box = { width, height: HEIGHT_PX }
  const scale = most(points, max) * 1.08
  const known = points.filter((point) => point !== undefined)
  const [first, last] = [known[0], known.at(-1)]
  const told = first === undefined || last === undefined ? 'nothing to tell' : `from ${say(first)} to ${say(last)}, at most ${say(most(points))}`
  const [from, to] = [edgesMs[0], edgesMs.at(-1)]
  const at = hover === undefined ? undefined : points[hover]
  return (
    <div className="chart-of-health">
      <p className="headline">
        <span className="ink2 data">{name}</span>
        <span className="grow" />
        <b className={bad ? 'bad' : undefined}>{now}</b>
      </p>
      <div
        ref={place}
        className="lines"
        onPointerMove={(event) => onHover(pointUnder(event.clientX - event.currentTarget.getBoundingClientRect().left, width, points.length))}
        onPointerLeave={() => onHover(undefined)}
      >
        <svg role="img" aria-label={`${name}, ${from === undefined ? '' : clock(from)} to ${to === undefined ? '' : clock(to)}: ${told}.`} width={width} height={HEIGHT_PX + AXIS_PX + 8}>
          <g transform="translate(0 8)">
            <path className="area" d={areaPath(points, scale, box)} />
            {badFrom !== undefined && <path className="area bad-area" d={areaPath(points, scale, box, badFrom)} />}
            <path className="axis" d={`M0 ${HEIGHT_PX + 0.5}H${width}`} />
            <path className="line" d={linePath(points, scale, box)} />
            {badFrom !== undefined && <path className="line bad-line" d={linePath(points, scale, box, badFrom)} />}
            {hover !== undefined && <path className="crosshair" d={`M${Math.round(placeX(hover, points.length, width)) + 0.5} -4V${HEIGHT_PX}`} />}
            {from !== undefined && (
              <text y={HEIGHT_PX + 13} className="ends">
                {clock(from)}
              </text>
            )}
            {to !== undefined && (
              <text y={HEIGHT_PX + 13} x={width} textAnchor="end" className="ends">
                {clock(to)}
              </text>
            )}
          </g>
        </svg>
        {hover !== undefined && edgesMs[hover] !== undefined && (
          <p className={hover > points.length / 2 ? 'reading left' : 'reading'}>
            <span className="ink3">{clock(edgesMs[hover])}</span> {at === undefined ? 'nothing' : say(at)}
          </p>
        )}
      </div>
    </div>
  )
}
