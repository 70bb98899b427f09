// The table as lines over time, above it. No colour tells them apart: the names stand at their ends, and the
// one that is pointed at is in full ink.

import { useMemo, useRef, useState } from 'react'
import type { Json } from '../../model/record'
import { nanos } from '../../model/time'
import type { Zone } from '../../model/zone'
import { useWidth } from '../../parts/useWidth'
import { ticks } from '../chart/scale'
import { count } from '../words'
import type { Column } from './cells'
import { type Drawing, drawingOf, linePath, namePlaces } from './series'

export interface SeriesProps {
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly Json[])[]
  readonly zone: Zone
}

const HEIGHT_PX = 132
const NAME_PX = 176
const LINE_PX = 16

export function Series({ columns, rows, zone }: SeriesProps) {
  const drawing = useMemo(() => drawingOf(columns, rows), [columns, rows])
  const number = columns.find(({ numeric }) => numeric)
  return drawing === undefined || number === undefined ? null : <Lines drawing={drawing} number={number} zone={zone} />
}

interface LinesProps {
  readonly drawing: Drawing
  readonly number: Column
  readonly zone: Zone
}

function Lines({ drawing, number, zone }: LinesProps) {
  const { lines, count: all, from, to } = drawing
  const box = useRef<HTMLDivElement>(null)
  const [on, setOn] = useState<string>()
  const named = lines.length > 1 || lines[0]?.name !== ''
  const width = Math.max(useWidth(box) - (named ? NAME_PX : 0), 0)
  const places = namePlaces(drawing, HEIGHT_PX, LINE_PX)
  const state = (name: string, i: number) => (name === on || (on === undefined && i === 0) ? 'line-over-time on' : 'line-over-time')
  const ends = lines.map(({ name, last }) => `${name} ${number.read(last)}`).join(', ')
  return (
    <div className="series">
      <p className="label">
        {number.name}, at most {number.read(drawing.most)}
        {all > lines.length && `; the largest ${lines.length} of ${count(all)}`}
      </p>
      <div className="drawing" ref={box}>
        <svg role="img" aria-label={`${number.name} over time, at its end: ${ends}.`} width={width} height={HEIGHT_PX + 20}>
          <path className="axis" d={`M0 ${HEIGHT_PX + 0.5}H${width}`} />
          {lines.map((line, i) => (
            <path key={line.name} className={state(line.name, i)} d={linePath(line, drawing, { width, height: HEIGHT_PX })} />
          ))}
          {ticks(nanos(from), nanos(to + 1), zone, width).map(({ at, label }) => (
            <text key={at} x={((at - from) / (to - from)) * width} y={HEIGHT_PX + 16} textAnchor="middle">
              {label}
            </text>
          ))}
        </svg>
        {named && (
          <ul aria-hidden="true">
            {lines.map(({ name, last }, i) => (
              <li
                key={name}
                className={state(name, i)}
                style={{ top: (places[i] ?? 0) - LINE_PX / 2 }}
                onPointerEnter={() => setOn(name)}
                onPointerLeave={() => setOn(undefined)}
              >
                <span className="cut">{name === '' ? 'all' : name}</span>
                <span className="ink3">{number.read(last)}</span>
              </li>
            ))}
          </ul>
        )}
      </div>
    </div>
  )
}
