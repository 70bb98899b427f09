// The table as lines over time, above it. No colour tells them apart: the names stand at their ends, and the
// one that is pointed at is in full ink.

import { type RefObject, useMemo, useRef, useState } from 'react'
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
  const box = useRef<HTMLDivElement>(null)
  const number = columns.find(({ numeric }) => numeric)
  return drawing === undefined || number === undefined ? null : (
    <div className="series" ref={box}>
      <p className="label">
        {number.name}, at most {number.read(drawing.most)}
        {drawing.count > drawing.lines.length && `; the largest ${drawing.lines.length} of ${count(drawing.count)}`}
      </p>
      <Lines box={box} drawing={drawing} number={number} zone={zone} />
    </div>
  )
}

interface LinesProps {
  readonly box: RefObject<HTMLDivElement | null>
  readonly drawing: Drawing
  readonly number: Column
  readonly zone: Zone
}

function Lines({ box, drawing, number, zone }: LinesProps) {
  const all = useWidth(box)
  const [on, setOn] = useState<string>()
  const named = drawing.lines.length > 1 || drawing.lines[0]?.name !== ''
  const width = Math.max(all - (named ? NAME_PX : 0), 0)
  const size = { width, height: HEIGHT_PX }
  const places = namePlaces(drawing, HEIGHT_PX, LINE_PX)
  const state = (name: string, i: number) => (name === on || (on === undefined && i === 0) ? 'line-over-time on' : 'line-over-time')
  return (
    <>
      <svg
        role="img"
        aria-label={`${number.name} over time: ${drawing.lines.map(({ name, last }) => `${name} ${number.read(last)}`).join(', ')} at the end. The same numbers are in the table.`}
        width={width}
        height={HEIGHT_PX + 20}
      >
        <path className="axis" d={`M0 ${HEIGHT_PX + 0.5}H${width}`} />
        {drawing.lines.map((line, i) => (
          <path key={line.name} className={state(line.name, i)} d={linePath(line, drawing, size)} />
        ))}
        {ticks(nanos(drawing.from), nanos(drawing.to + 1), zone, width).map(({ at, label }) => (
          <text key={at} x={((at - drawing.from) / (drawing.to - drawing.from)) * width} y={HEIGHT_PX + 16} textAnchor="middle">
            {label}
          </text>
        ))}
      </svg>
      {named && (
        <ul aria-hidden="true">
          {drawing.lines.map(({ name, last }, i) => (
            <li
              key={name}
              className={state(name, i)}
              style={{ top: (places[i] ?? 0) - LINE_PX / 2 }}
              onPointerEnter={() => setOn(name)}
              onPointerLeave={() => setOn(undefined)}
            >
              <span className="cut">{name === '' ? 'all' : name}</span> <span className="ink3">{number.read(last)}</span>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}
