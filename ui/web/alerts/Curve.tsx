// How the value went over the range, and the rule's limit across it: dragged, or moved by keys, it is another rule,
// which is replayed anew.

import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from 'react'
import { useWidth } from '../parts/useWidth'
import { heightOf, moved, pathOf, scaleOf, valueAt } from './curve'
import { valueWords } from './words'

const HEIGHT_PX = 120
/** The line is thin; what is taken hold of is not. */
const HOLD_PX = 16

export interface CurveProps {
  readonly points: readonly (number | undefined)[]
  readonly limit: number
  /** None where a limit cannot be set: an objective decides about it, or the rule stands in a file. */
  readonly onLimit: ((limit: number) => void) | undefined
}

export function Curve({ points, limit, onLimit }: CurveProps) {
  const box = useRef<HTMLDivElement>(null)
  const width = Math.max(useWidth(box) - NAME_PX, 0)
  const [held, setHeld] = useState<number>()
  useEffect(() => setHeld(undefined), [limit])
  // The scale stays while the limit moves.
  const scale = scaleOf(points, limit)
  const shown = held ?? limit
  const y = heightOf(shown, scale) * HEIGHT_PX
  const at = (event: PointerEvent<SVGElement>) => {
    const { top, height } = event.currentTarget.ownerSVGElement?.getBoundingClientRect() ?? { top: 0, height: 1 }
    return valueAt((event.clientY - top) / height, scale, HEIGHT_PX)
  }
  const slides = onLimit !== undefined && {
    role: 'slider',
    tabIndex: 0,
    'aria-label': 'Limit',
    'aria-orientation': 'vertical' as const,
    'aria-valuemin': scale.least,
    'aria-valuemax': scale.most,
    'aria-valuenow': shown,
    'aria-valuetext': valueWords(shown),
    onPointerDown: (event: PointerEvent<SVGElement>) => {
      event.currentTarget.setPointerCapture(event.pointerId)
      setHeld(at(event))
    },
    onPointerMove: (event: PointerEvent<SVGElement>) => held !== undefined && event.buttons !== 0 && setHeld(at(event)),
    onPointerUp: () => held !== undefined && onLimit(held),
    onPointerCancel: () => setHeld(undefined),
    onKeyDown: (event: KeyboardEvent<SVGElement>) => {
      const next = moved(shown, event.key, scale)
      if (next !== undefined) {
        event.preventDefault()
        setHeld(next)
      } else if (event.key === 'Enter') onLimit(shown)
      else if (event.key === 'Escape') setHeld(undefined)
    },
    onBlur: () => held !== undefined && held !== limit && onLimit(held),
  }
  return (
    <div className="curve" ref={box}>
      <span className="label">{held === undefined ? 'Value' : `Limit ${valueWords(held)}`}</span>
      <svg width={width} height={HEIGHT_PX} role="group" aria-label="How the value went, and the limit">
        <path className="axis" d={`M0 ${heightOf(0, scale) * HEIGHT_PX}H${width}`} />
        <path className="value" d={pathOf(points, scale, [width, HEIGHT_PX])} />
        <g className="limit" {...slides}>
          <rect x={0} y={y - HOLD_PX / 2} width={width} height={HOLD_PX} />
          <path d={`M0 ${y}H${width}`} />
          <text x={width - 4} y={y < HEIGHT_PX / 4 ? y + 14 : y - 5} textAnchor="end">
            {valueWords(shown)}
          </text>
        </g>
      </svg>
    </div>
  )
}

const NAME_PX = 144
