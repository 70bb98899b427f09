// Scrolling a list that is higher than a browser can draw.

import { expect, test } from 'vitest'
import { SCROLL_EDGE_PX, SCROLL_PX_MAX } from '../model/limits'
import { lastPlace, placeOf, scaleOf, scrolled, topOf } from './scale'

const VIEW = 600

test.each([0, 100, VIEW, 5_000, SCROLL_PX_MAX])('a list of %d px is not scaled', (whole) => {
  const scale = scaleOf(whole, VIEW)
  for (const top of [0, 1, lastPlace(scale)].filter((top) => top <= lastPlace(scale))) {
    expect(placeOf(scale, top)).toBe(top)
    expect(topOf(scale, top)).toBe(top)
  }
})

test.each([SCROLL_PX_MAX + 1, 20_000_000, 30_000_000, 2_000_000_000])('a list of %d px fits what can be drawn', (whole) => {
  const scale = scaleOf(whole, VIEW)
  const tops = scale.drawn - VIEW
  expect(scale.drawn).toBe(SCROLL_PX_MAX)
  expect(placeOf(scale, 0)).toBe(0)
  expect(placeOf(scale, tops)).toBe(whole - VIEW)
  expect(placeOf(scale, SCROLL_EDGE_PX / 2)).toBe(SCROLL_EDGE_PX / 2)
  expect(placeOf(scale, tops - 300)).toBe(whole - VIEW - 300)
  let last = -1
  for (let step = 0; step <= 1000; step += 1) {
    const top = (tops * step) / 1000
    const place = placeOf(scale, top)
    expect(place).toBeGreaterThan(last)
    expect(Math.abs(topOf(scale, place) - top)).toBeLessThan(0.01)
    last = place
  }
})

test('a small step is as long in the list as on the screen, a jump goes where the bar is', () => {
  const scale = scaleOf(30_000_000, VIEW)
  expect(scrolled(scale, 15_000_000, 4_000_000, 4_000_100)).toBe(15_000_100)
  expect(scrolled(scale, 15_000_000, 4_000_000, 4_500_000)).toBe(placeOf(scale, 4_500_000))
})

test('the ends of the bar are the ends of the list, however far it drifted', () => {
  const scale = scaleOf(30_000_000, VIEW)
  expect(scrolled(scale, 9_000, 100, 0)).toBe(0)
  expect(scrolled(scale, 9_000, scale.drawn - VIEW - 50, scale.drawn - VIEW)).toBe(lastPlace(scale))
  expect(scrolled(scale, 50, 5_000, 4_900)).toBe(0)
})
