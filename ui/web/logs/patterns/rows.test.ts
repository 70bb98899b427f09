// Which patterns are news, in what order they stand, and how they went on.

import { describe, expect, test } from 'vitest'
import type { Pattern } from '../../model/pattern'
import { type Nanos, nanos } from '../../model/time'
import { howMany, pointsOf, rowsOf, saidBefore, stepsOf, templatePieces, weekBefore } from './rows'

const MINUTE = 60_000

function pattern(id: string, severity: string, count: number): Pattern {
  return { id, template: id, count, first: 0n as Nanos, last: 0n as Nanos, severity, components: [] }
}

describe('rows', () => {
  const all = [pattern('much', 'info', 900), pattern('grave', 'error', 2), pattern('graver', 'fatal', 1), pattern('more', 'error', 7)]
  const order = (before: ReadonlySet<string> | undefined) => rowsOf(all, before).map((row) => row.pattern.id)

  test('news stand on top, then what is graver, then what is more', () => {
    expect(order(undefined)).toEqual(['graver', 'more', 'grave', 'much'])
    expect(order(new Set(['graver', 'more', 'grave', 'much']))).toEqual(['graver', 'more', 'grave', 'much'])
    expect(order(new Set(['graver', 'more']))).toEqual(['grave', 'much', 'graver', 'more'])
  })

  test('nothing is said to be new before it is known what there was', () => {
    expect(rowsOf(all, undefined).map(({ isNew }) => isNew)).toEqual([undefined, undefined, undefined, undefined])
    expect(rowsOf(all.slice(0, 1), new Set()).map(({ isNew }) => isNew)).toEqual([true])
  })

  test('there may be more than were asked for', () => {
    expect([howMany(0), howMany(999), howMany(1_000)]).toEqual(['0', '999', '1,000+'])
  })
})

describe('template', () => {
  test('a variable is a quiet sign, also within a word and at the ends', () => {
    const read = (template: string) => templatePieces(template).map(({ text, variable }) => (variable ? `<${text}>` : text))
    expect(read('took <*> ms')).toEqual(['took ', '<‹›>', ' ms'])
    expect(read('<*>=<*>')).toEqual(['<‹›>', '=', '<‹›>'])
    expect(read('plain')).toEqual(['plain'])
    expect(read('')).toEqual(['<nothing>'])
  })
})

describe('time', () => {
  test('the week before a range ends where that begins, and a range of all has none', () => {
    expect(weekBefore('2026-11-22T10:00:00Z')).toBe('2026-11-15T10:00:00Z')
    expect([weekBefore('1970-01-03T00:00:00Z'), weekBefore('soon')]).toEqual([undefined, undefined])
  })

  test('what was first said within the range is new, where anything could be before it', () => {
    const said = { ...pattern('a', 'info', 1), first: nanos(Date.parse('2026-11-22T10:30:00Z')) }
    expect(saidBefore(said, '2026-11-22T10:30:00Z')).toBe(false)
    expect(saidBefore(said, '2026-11-22T10:30:01Z')).toBe(true)
    expect(saidBefore(said, '1970-01-01T00:00:00Z')).toBe(true)
  })

  test('steps are whole minutes where they can be, and cover the range', () => {
    expect(stepsOf('2026-11-22T10:00:30Z', '2026-11-22T11:00:30Z')).toMatchObject({ step: '2m', length: nanos(2 * MINUTE), count: 31 })
    expect(stepsOf('2026-11-22T10:00:00Z', '2026-11-22T10:00:04Z')).toMatchObject({ step: '100ms', count: 40 })
    expect(stepsOf('2026-11-22T10:00:00Z', '2026-11-22T10:00:00Z')).toBeUndefined()
  })

  test('points stand where they were counted, and nothing is 0', () => {
    const steps = stepsOf('2026-11-22T10:00:00Z', '2026-11-22T10:03:20Z')
    if (steps === undefined) throw new Error('no steps')
    const at = (step: number) => (steps.first + BigInt(step) * steps.length) as Nanos
    const points = pointsOf(steps, [{ id: 'a', at: at(1), count: 5 }, { id: 'a', at: at(steps.count), count: 9 }])
    expect(points.get('a')?.slice(0, 3)).toEqual([0, 5, 0])
    expect(points.get('a')).toHaveLength(steps.count)
    expect(points.get('b')).toBeUndefined()
  })
})
