// How far a list is scrolled, when it is higher than a browser can draw. The scroll bar moves over a
// height that the browser can draw; what it shows is a place in the whole list.
//
//   whole list     |--edge--|------------- middle ---------------|--edge--|
//                      1:1                scaled                    1:1
//   scrolled       |--edge--|---- middle ----|--edge--|
//
// - Both ends are exact, and near them a pixel is a pixel.
// - A small step moves as far in the list as on the screen, wherever it is: the scale is only for the
//   scroll bar. The place then drifts from the bar; `topOf` puts the bar right again.

import { SCROLL_EDGE_PX, SCROLL_PX_MAX } from '../model/limits'

export interface Scale {
  /** Of the whole list, pixels. */
  readonly whole: number
  /** Of the element that is scrolled, pixels. */
  readonly drawn: number
  /** Of what is seen at once, pixels. */
  readonly view: number
}

export function scaleOf(whole: number, view: number): Scale {
  return { whole, drawn: Math.min(whole, SCROLL_PX_MAX), view }
}

/** The farthest that the list can be scrolled. */
export function lastPlace({ whole, view }: Scale): number {
  return Math.max(0, whole - view)
}

/** The place that a position of the scroll bar stands for. */
export function placeOf(scale: Scale, top: number): number {
  const { drawn, view } = scale
  const tops = Math.max(0, drawn - view)
  return between(top, tops, lastPlace(scale))
}

/** The position of the scroll bar for a place. */
export function topOf(scale: Scale, place: number): number {
  const { drawn, view } = scale
  return between(place, lastPlace(scale), Math.max(0, drawn - view))
}

/** Where the list is after the scroll bar moved. */
export function scrolled(scale: Scale, place: number, from: number, to: number): number {
  const tops = Math.max(0, scale.drawn - scale.view)
  if (to <= 0) return 0
  if (to >= tops - 1) return lastPlace(scale)
  if (Math.abs(to - from) > STEP_VIEWS_MAX * scale.view) return placeOf(scale, to)
  return Math.min(lastPlace(scale), Math.max(0, place + to - from))
}

/** A step of more views than this is a jump of the scroll bar. */
const STEP_VIEWS_MAX = 3

/** From a length with two edges to another one with the same edges. */
function between(at: number, length: number, other: number): number {
  if (length === other) return Math.min(length, Math.max(0, at))
  const edge = Math.min(SCROLL_EDGE_PX, length / 2, other / 2)
  if (at <= edge) return Math.max(0, at)
  if (at >= length - edge) return Math.min(other, other - (length - at))
  return edge + ((at - edge) / (length - 2 * edge)) * (other - 2 * edge)
}
