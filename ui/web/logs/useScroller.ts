// Where the list is scrolled to. What is read stays where it is while lines come in around it; the newest
// end stays the newest end until somebody scrolls away.
//
// A place is a pixel of the whole list; the scroll bar's position may drift from it for a while (scale.ts).
// Lines are drawn `shift` lower than they lie, so that the place is at the top of what is seen.

import { type RefObject, useCallback, useImperativeHandle, useLayoutEffect, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import type { LogRecord } from '../model/record'
import type { Nanos } from '../model/time'
import type { View } from '../state/view'
import type { Heights } from './heights'
import type { Lines } from './lines'
import { lastPlace, type Scale, scrolled, topOf } from './scale'

export type Where = Pick<LogRecord, 'key' | 'at'>

export interface ListHandle {
  /** Brings a row in sight, at once or as soon as it is here. */
  show(row: Where, how: 'near' | 'middle'): void
  showIndex(index: number): void
  /** Puts the lines of a time at the top. */
  showTime(at: Nanos): void
  /** The first and the last line that are wholly in sight. */
  first(): number
  last(): number
  focus(): void
}

export interface Listing {
  readonly lines: Lines
  readonly heights: Heights
  readonly scale: Scale
  readonly order: View['order']
  /** What is read above all: while it is in sight, it stays where it is. */
  readonly chosen: string | undefined
  /** Rises when the list is to be at its newest end. */
  readonly turn: number
}

export interface Drawn {
  readonly place: number
  readonly shift: number
}

interface Now {
  place: number
  top: number
  /** How far the bar can go, as it was when `top` was. */
  room: number
  newest: boolean
  /** Runs while somebody scrolls. */
  moving: ReturnType<typeof setTimeout> | undefined
  /** To be shown as soon as it is here. */
  awaited: Where | undefined
  former: Listing | undefined
}

/** After so long without a step, scrolling has ended, milliseconds. */
const REST_MS = 140

export function useScroller(
  box: RefObject<HTMLDivElement | null>,
  handle: RefObject<ListHandle | null> | undefined,
  listing: Listing,
  onAway: () => void,
): { readonly drawn: Drawn; onScroll(): void } {
  const { lines, heights, scale, order, turn } = listing
  const [drawn, setDrawn] = useState<Drawn>({ place: 0, shift: 0 })
  const held = useRef<Now>({ place: 0, top: 0, room: 0, newest: true, moving: undefined, awaited: undefined, former: undefined })

  const put = useCallback((wanted: number) => {
    const [element, now] = [box.current, held.current]
    if (element === null) return
    const place = Math.min(lastPlace(scale), Math.max(0, wanted))
    // Not while somebody scrolls: it would end a fling, and a step that is not yet told would be lost.
    if (now.moving === undefined && !hasUntoldStep(element, now)) {
      element.scrollTop = topOf(scale, place)
      now.top = element.scrollTop
      now.room = roomOf(element)
    }
    const shift = Math.round(now.top - place)
    now.place = now.top - shift
    setDrawn((before) => (before.place === now.place && before.shift === shift ? before : { place: now.place, shift }))
  }, [box, scale])

  useLayoutEffect(() => {
    const now = held.current
    const former = now.former
    now.former = listing
    if (scale.view === 0) return
    if (former !== undefined && former.turn !== turn && now.awaited === undefined) now.newest = true
    const index = now.awaited === undefined ? undefined : lines.indexOfRow(now.awaited)
    if (index !== undefined) now.awaited = undefined
    if (index !== undefined) put(inMiddle(listing, index))
    else if (now.awaited !== undefined) put(inMiddle(listing, lines.indexOfTime(now.awaited.at)))
    else if (former === undefined || (now.newest && !isReading(former, listing, now.place))) put(newestPlace(listing))
    else {
      put(anchored(former, listing, now.place))
      now.newest &&= now.place === newestPlace(listing)
    }
  }, [lines, heights, scale, order, turn, put])

  useImperativeHandle(handle, () => ({
    show(row, how) {
      const index = lines.indexOfRow(row)
      held.current.newest = false
      held.current.awaited = index === undefined ? row : undefined
      if (index === undefined) put(inMiddle(listing, lines.indexOfTime(row.at)))
      else if (how === 'near') put(inSight(listing, index, held.current.place))
      else if (inSight(listing, index, held.current.place) !== held.current.place) put(inMiddle(listing, index))
    },
    showIndex(index) {
      held.current.newest = false
      put(inSight(listing, index, held.current.place))
    },
    showTime(at) {
      held.current.newest = false
      put(heights.top(lines.indexOfTime(at)))
    },
    first: () => Math.min(lines.count - 1, heights.at(held.current.place - 1) + 1),
    last: () => Math.max(0, heights.at(held.current.place + scale.view) - 1),
    focus: () => box.current?.focus({ preventScroll: true }),
  }))

  function onScroll(): void {
    const [element, now] = [box.current, held.current]
    if (element === null || Math.abs(element.scrollTop - now.top) < 1) return
    const place = scrolled(scale, now.place, now.top, element.scrollTop)
    // In another room the bar moves by itself: nobody gave up waiting.
    if (now.room === roomOf(element)) now.awaited = undefined
    now.top = element.scrollTop
    now.room = roomOf(element)
    const shift = Math.round(now.top - place)
    now.place = now.top - shift
    now.newest = order === 'oldest' ? place >= lastPlace(scale) - 1 : place <= 1
    if (!now.newest) onAway()
    clearTimeout(now.moving)
    now.moving = setTimeout(() => {
      now.moving = undefined
      put(now.place)
    }, REST_MS)
    // At once: the browser draws the next frame with what is there.
    flushSync(() => setDrawn({ place: now.place, shift }))
  }
  return { drawn, onScroll }
}

function roomOf(element: HTMLElement): number {
  return element.scrollHeight - element.clientHeight
}

/** The bar was moved, and the browser tells it with the next frame. In another room it moves by itself. */
function hasUntoldStep(element: HTMLElement, { top, room }: Now): boolean {
  return roomOf(element) === room && Math.abs(element.scrollTop - top) >= 1
}

function newestPlace({ order, scale }: Listing): number {
  return order === 'oldest' ? lastPlace(scale) : 0
}

/** Whether only the room changed around a chosen line that is in sight: it stays there. */
function isReading(before: Listing, after: Listing, place: number): boolean {
  if (before.lines !== after.lines || after.chosen === undefined) return false
  const end = place + before.scale.view
  for (let index = before.heights.at(place); index < before.lines.count && before.heights.top(index) < end; index += 1) {
    if (before.lines.lineAt(index).id === after.chosen) return true
  }
  return false
}

function inMiddle({ heights, scale }: Listing, index: number): number {
  return heights.top(index) - Math.floor((scale.view - heights.height(index)) / 2)
}

/** The nearest place at which the line is wholly in sight. */
function inSight({ heights, scale }: Listing, index: number, place: number): number {
  const top = heights.top(index)
  const bottom = top + heights.height(index)
  if (top < place) return top
  return bottom > place + scale.view ? Math.min(top, bottom - scale.view) : place
}

/** The place at which what was read still stands where it stood. */
export function anchored(before: Listing, after: Listing, place: number): number {
  const first = before.heights.at(place)
  const end = place + before.scale.view
  let anchor: number | undefined
  for (let index = first; index < before.lines.count && before.heights.top(index) < end; index += 1) {
    const line = before.lines.lineAt(index)
    const now = line.kind === 'record' ? after.lines.indexOfRow(line.record) : undefined
    if (now === undefined) continue
    const there = after.heights.top(now) + place - before.heights.top(index)
    if (line.id === after.chosen) return there
    anchor ??= there
  }
  if (anchor !== undefined) return anchor
  if (before.lines.count === after.lines.count && before.order === after.order) return place
  return after.heights.top(after.lines.indexOfTime(before.lines.timeAt(first)))
}
