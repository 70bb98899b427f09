// A canvas as sharp as the screen, painted again after each render.

import { useLayoutEffect, useRef } from 'react'

export interface CanvasProps {
  readonly width: number
  readonly height: number
  readonly className?: string
  /** What is to be seen, in a sentence; without it the canvas is for eyes only. */
  readonly label?: string
  readonly paint: (context: CanvasRenderingContext2D, width: number, height: number) => void
}

export function Canvas({ width, height, className, label, paint }: CanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d')
    if (context == null || canvas.current === null || width <= 0 || height <= 0) return
    const ratio = devicePixelRatio || 1
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)]
    if (canvas.current.width !== w) canvas.current.width = w
    if (canvas.current.height !== h) canvas.current.height = h
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    context.clearRect(0, 0, width, height)
    // Text of others decides nothing about the direction of a line.
    context.direction = 'ltr'
    paint(context, width, height)
  })
  const said = label === undefined ? { 'aria-hidden': true as const } : { role: 'img', 'aria-label': label }
  return <canvas ref={canvas} className={className} style={{ width, height }} {...said} />
}

/** As much of a text as fits, with a sign that there is more. */
export function clipped(context: CanvasRenderingContext2D, text: string, room: number): string {
  if (room <= 0) return ''
  const short = text.length > CHARS_MAX ? text.slice(0, CHARS_MAX) : text
  if (context.measureText(short).width <= room) return short
  let [low, high] = [0, short.length]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (context.measureText(`${short.slice(0, middle)}…`).width <= room) low = middle
    else high = middle - 1
  }
  return low === 0 ? '' : `${short.slice(0, low)}…`
}

/** More never fits into a row. */
const CHARS_MAX = 400
