// The value's curve of a replay and the limit that is laid across it, as places in a drawing. Pure.
//
// - The scale holds zero, every value and the limit, and some room to drag the limit into.
// - A part of the range without a value is a hole: nothing is drawn through it.

export interface Scale {
  readonly least: number
  readonly most: number
}

/** How much higher and lower than what is drawn the limit can be dragged: a part of its height. */
const ROOM = 0.12
/** A press of a key moves the limit by a hundredth of the scale, a large one by a tenth. */
const STEPS = 100

export function scaleOf(points: readonly (number | undefined)[], limit: number): Scale {
  const values = [0, limit, ...points.filter((value) => value !== undefined)]
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const room = (most - least || 1) * ROOM
  return { least: least < 0 ? least - room : 0, most: most + room }
}

/** From the top: 0 is the greatest value. */
export function heightOf(value: number, { least, most }: Scale): number {
  return (most - value) / (most - least)
}

/** The value at that height, as round as a pixel allows. */
export function valueAt(height: number, scale: Scale, pixels: number): number {
  const { least, most } = scale
  const value = most - Math.min(Math.max(height, 0), 1) * (most - least)
  return round(value, (most - least) / Math.max(pixels, 1))
}

/** The limit after a key; undefined when the key does not move it. */
export function moved(limit: number, key: string, scale: Scale): number | undefined {
  const length = scale.most - scale.least
  const step = stepOf(length)
  const by = { ArrowUp: step, ArrowRight: step, ArrowDown: -step, ArrowLeft: -step, PageUp: 10 * step, PageDown: -10 * step }[key]
  return by === undefined ? undefined : round(limit + by, step)
}

/** 1, 2 or 5 of a power of ten, near a hundredth of the scale. */
export function stepOf(length: number): number {
  const wanted = length / STEPS
  const power = 10 ** Math.floor(Math.log10(wanted))
  return ([1, 2, 5].find((of) => of * power >= wanted) ?? 10) * power
}

/** As few digits as tell it apart from its neighbours. */
function round(value: number, step: number): number {
  const digits = Math.max(0, Math.min(12, -Math.floor(Math.log10(step))))
  return Number(value.toFixed(digits))
}

/** The line, a piece for each run of points that have a value; a point stands in the middle of its part. */
export function pathOf(points: readonly (number | undefined)[], scale: Scale, [width, height]: readonly [number, number]): string {
  const x = (at: number) => (((at + 0.5) / points.length) * width).toFixed(1)
  const y = (value: number) => (heightOf(value, scale) * height).toFixed(1)
  return points
    .map((value, at) => {
      if (value === undefined) return ''
      // A point alone is a dot: a line of no length with round ends.
      return points[at - 1] === undefined ? `M${x(at)} ${y(value)}h0` : `L${x(at)} ${y(value)}`
    })
    .join('')
}
