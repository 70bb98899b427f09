// Where services stand in the graph, and the lines between them.

import { describe, expect, it } from 'vitest'
import { boxesOf, type Call, heightOf, layersOf, lineOf, thickness } from './layers'

function calls(...pairs: string[]): Call[] {
  return pairs.map((pair) => {
    const [from = '', to = ''] = pair.split('>')
    return { from, to }
  })
}

describe('layers', () => {
  it.each<[string, string[], Call[], string[][]]>([
    ['nothing', [], [], []],
    ['services that never call stand in one layer', ['b', 'a'], [], [['a', 'b']]],
    ['a chain goes right', ['c', 'b', 'a'], calls('a>b', 'b>c'), [['a'], ['b'], ['c']]],
    ['the longest way decides', ['a', 'b', 'c'], calls('a>c', 'a>b', 'b>c'), [['a'], ['b'], ['c']]],
    ['a call to itself counts for nothing', ['a'], calls('a>a'), [['a']]],
    ['a circle is opened where it is entered', ['a', 'b', 'c'], calls('a>b', 'b>c', 'c>b'), [['a'], ['b'], ['c']]],
    ['a circle of all is opened at its first by name', ['b', 'a'], calls('a>b', 'b>a'), [['a'], ['b']]],
    ['a call to somebody unknown is not drawn', ['a'], calls('a>x', 'y>a'), [['a']]],
  ])('%s', (_, services, of, expected) => {
    expect(layersOf(services, of)).toEqual(expected)
  })

  it('crossings are swept away', () => {
    const of = calls('a>y', 'b>x')
    const [left, right] = layersOf(['a', 'b', 'x', 'y'], of)
    expect(left?.indexOf('a')).toBe(right?.indexOf('y'))
  })

  it('what stays keeps its order', () => {
    expect(layersOf(['a', 'b', 'c'], [], ['c', 'a'])).toEqual([['c', 'a', 'b']])
  })
})

describe('boxes', () => {
  it('stand inside the drawing and never on each other', () => {
    const layers = layersOf(['a', 'b', 'c', 'd'], calls('a>b', 'a>c', 'a>d'))
    const boxes = [...boxesOf(layers, 800, heightOf(layers)).values()]
    for (const box of boxes) {
      expect(box.x).toBeGreaterThanOrEqual(0)
      expect(box.x + box.width).toBeLessThanOrEqual(800)
      for (const other of boxes) {
        const apart = box === other || box.x + box.width < other.x || other.x + other.width < box.x || Math.abs(box.y - other.y) >= box.height
        expect(apart).toBe(true)
      }
    }
  })

  it('a line begins at the caller and ends at who is called', () => {
    const [from, to] = [{ x: 0, y: 10, width: 100, height: 20 }, { x: 300, y: 50, width: 100, height: 20 }]
    expect(lineOf(from, to)).toBe('M100 10C190 10 210 50 300 50')
  })

  it('a line goes by the box that is in its way, on the side that is nearer', () => {
    const box = (x: number, y: number) => ({ x, y, width: 100, height: 20 })
    const [from, to] = [box(0, 50), box(600, 50)]
    expect(lineOf(from, to, [from, to, box(300, 90)])).toBe(lineOf(from, to))
    expect(lineOf(from, to, [box(300, 52)])).toContain(' 300 30H400C')
    expect(lineOf(from, to, [box(300, 48)])).toContain(' 300 70H400C')
    expect(lineOf(from, to, [box(300, 48), box(300, 74)])).toContain(' 300 61H400C')
    expect(lineOf(from, to, [box(50, 50)])).toBe(lineOf(from, to))
  })

  it('a line is as thick as the square root of its calls', () => {
    expect([thickness(0, 100), thickness(25, 100), thickness(100, 100)]).toEqual([0.75, 3, 5.25])
  })
})
