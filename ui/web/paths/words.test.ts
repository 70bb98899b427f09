// A path in one line, what differs, who owns the time.

import { describe, expect, it } from 'vitest'
import { answerOf, type Branch, differenceOf, named, ownersOf, type Path, piecesOf, servicesOf, type Share } from './words'

const whole = (name: string) => name

function branch(service: string, children: readonly Branch[] = [], count = 1): Branch {
  return { service, count, children }
}

function path(tree: readonly Branch[], critical: readonly Share[] = []): Path {
  return { id: '1', tree, count: 1, errorRatio: 0, p50Ms: 10, p95Ms: 20, p99Ms: 30, critical }
}

function share(service: string, share: number, shareTail: number, operation = 'work'): Share {
  return { service, operation, share, shareTail }
}

function line(tree: readonly Branch[]): string {
  return piecesOf(tree).map((piece) => ('sign' in piece ? piece.sign : piece.service + (piece.times > 1 ? `×${piece.times}` : ''))).join(' ')
}

describe('a path in one line', () => {
  it.each<[string, readonly Branch[], string]>([
    ['nothing', [], ''],
    ['one service', [branch('a')], 'a'],
    ['a chain', [branch('a', [branch('b', [branch('c')])])], 'a › b › c'],
    ['a fork', [branch('a', [branch('b'), branch('c')])], 'a › ( b , c )'],
    ['a fork below a fork', [branch('a', [branch('b', [branch('d'), branch('e')]), branch('c')])], 'a › ( b › ( d , e ) , c )'],
    ['steps within a service', [branch('a', [branch('a', [branch('b')]), branch('a', [branch('c')])])], 'a › ( b , c )'],
    ['repeated calls', [branch('a', [branch('b', [], 3)])], 'a › b×3'],
    ['the same service called by two operations', [branch('a', [branch('b'), branch('b', [branch('c')])])], 'a › b×2 › c'],
    ['two roots', [branch('a'), branch('b')], 'a , b'],
  ])('%s', (_, tree, expected) => {
    expect(line(tree)).toBe(expected)
  })
})

it('services come in the order of their first call, each once', () => {
  expect(servicesOf([branch('a', [branch('b', [branch('d')]), branch('c', [branch('b')])])])).toEqual(['a', 'b', 'd', 'c'])
})

it('a path differs by what it lacks and by what it has besides', () => {
  const main = path([branch('a', [branch('b'), branch('c')])])
  expect(differenceOf(path([branch('a', [branch('d')])]), main)).toEqual({ without: ['b', 'c'], with: ['d'] })
  expect(differenceOf(main, main)).toEqual({ without: [], with: [] })
})

it.each([
  [['a'], 'a'],
  [['a', 'b', 'c', 'd'], 'a, b, c, d'],
  [['a', 'b', 'c', 'd', 'e'], 'a, b, c, d and 1 more'],
])('%j is named %s', (services, expected) => {
  expect(named(services, whole)).toBe(expected)
})

it('who owns the time is said by service, the slow tail first', () => {
  expect(ownersOf([share('a', 0.2, 0.1, 'x'), share('b', 0.3, 0.6), share('a', 0.5, 0.3, 'y')])).toEqual([
    { service: 'b', share: 0.3, shareTail: 0.6 },
    { service: 'a', share: 0.7, shareTail: 0.4 },
  ])
})

describe('the answer', () => {
  it.each<[string, Share[], string]>([
    ['a tail unlike the rest', [share('basic', 0.22, 0.56)], 'basic owns 56 % of the slow tail of travel2, but 22 % of all its time.'],
    ['a tail like the rest', [share('basic', 0.5, 0.5)], 'basic owns 50 % of the slow tail of travel2.'],
    ['nobody known', [], 'travel2 takes 10 ms in the middle and 30 ms at p99.'],
  ])('%s', (_, critical, expected) => {
    expect(answerOf(path([], critical), 'travel2', whole).join('')).toBe(expected)
  })
})
