// The sentence on top, and the words beside it.

import { expect, test } from 'vitest'
import type { Board } from '../model/health'
import { board, component, node } from './sample'
import { evidenceOf, lengthWords, nodeWords, sentenceOf } from './sentence'

const clock = (ms: number) => `at ${ms / 60_000}`
const said = (of: Board) =>
  sentenceOf(of, clock)
    .pieces.map((piece) => ('text' in piece ? piece.text : piece.component))
    .join('')

const fails = (name: string, minute: number, affects: string[] = []) => component(name, { state: 'failing', sinceMs: minute * 60_000, affects, errors: 150, errorRatio: 0.5 })
const slow = (name: string, ms: number) => component(name, { series: { rate: [], errorRatio: [], p95Ms: [100, 100, ms, ms] } })
const well = [component('a'), component('b')]
const change = { timeMs: 1, component: 'a', node: undefined, state: 'healthy' }

test.each<[string, Board]>([
  ['All 2 components are healthy. Nothing changed in the last hour.', board(well)],
  ['All 2 components are healthy.', board(well, { changes: [change] })],
  ['a is healthy. Nothing changed in the last hour.', board([component('a')])],
  ['basic has been failing since at 1.', board([fails('basic', 1), ...well])],
  ['basic has been failing since at 1 and takes travel2 with it.', board([fails('travel2', 0), fails('basic', 1, ['travel2'])])],
  ['c has been failing since at 1 and takes a and b with it.', board([fails('a', 3), fails('b', 2, ['a']), fails('c', 1, ['b'])])],
  ['a, b and c are failing, the first since at 1.', board([fails('a', 3), fails('b', 2), fails('c', 1)])],
  ['a, b and 2 others are failing, the first since at 1.', board([fails('a', 3), fails('b', 2), fails('c', 1), fails('d', 4)])],
  ['a and b are failing, the first since at 1.', board([fails('a', 1, ['b']), fails('b', 2, ['a'])])],
  ['c has been failing since at 1 and takes a with it.', board([fails('c', 1, ['a']), component('a', { state: 'degraded', sinceMs: 0 })])],
  ['s restarts over and over, c is failing, the first since at 1.', board([component('s', { state: 'crash_looping', sinceMs: 120_000 }), fails('c', 1)])],
  ['basic has been failing since at 1. node-74 has been gone since at 2.', board([fails('basic', 1)], { nodes: [node('node-74', { state: 'node_gone', sinceMs: 120_000 })] })],
  ['pay has been restarting over and over since at 1.', board([component('pay', { state: 'crash_looping', sinceMs: 60_000 })])],
  ['pay has been silent since at 1.', board([component('pay', { state: 'app_silent', sinceMs: 60_000 }), ...well])],
  ['pay has been degraded since at 1.', board([component('pay', { state: 'degraded', sinceMs: 60_000 }), ...well])],
  ['The collector of node-1 has been gone.', board(well, { nodes: [node('node-1', { state: 'collector_gone' })] })],
  ['pay has become slow: p95 is 900 ms, before it was 100 ms.', board([slow('pay', 900), ...well])],
  ['pay and shop have become slow: p95 of pay is 900 ms, before it was 100 ms.', board([slow('shop', 400), slow('pay', 900), ...well])],
  ['2 of 3 components are healthy, of the rest nothing is known. Nothing changed in the last hour.', board([component('c', { state: 'unknown' }), ...well])],
])('%s', (expected, of) => {
  expect(said(of)).toBe(expected)
})

test('the lead is who fails by itself, and what is less urgent is soft', () => {
  const of = board([fails('travel2', 0), fails('basic', 1, ['travel2'])], { nodes: [node('n', { state: 'node_gone' })] })
  const { lead, pieces } = sentenceOf(of, clock)
  expect(lead?.component).toBe('basic')
  expect(pieces.at(-1)).toEqual({ text: 'n has been gone.', soft: true })
})

test.each([
  ['50 % of calls to pay fail.', fails('pay', 1)],
  ['84 % of calls to pay fail.', { ...fails('pay', 1), reason: '84 % of calls fail' }],
  ['50 % of the lines of pay are errors.', { ...fails('pay', 1), basis: 'lines' as const }],
  ['pay restarted 4 times in 4 min, last exit OOM.', component('pay', { state: 'crash_looping', reason: 'restarted 4 times in 4 min, last exit OOM' })],
  ['pay: nothing for 41 s; it speaks every second.', component('pay', { state: 'app_silent', reason: 'nothing for 41 s; it speaks every second' })],
])('evidence: %s', (expected, of) => {
  expect(evidenceOf(of)).toBe(expected)
})

test.each([
  ['hour', 3_600_000],
  ['15 min', 900_000],
  ['minute', 20_000],
  ['6 h', 21_600_000],
])('%s', (expected, ms) => {
  expect(lengthWords(ms)).toBe(expected)
})

test('a node says how long it has been gone, and nothing while it is well', () => {
  expect(nodeWords(node('n', { state: 'node_gone', sinceMs: 0 }), 41_000)).toBe('gone 41 s')
  expect(nodeWords(node('n', { state: 'collector_gone', sinceMs: 0 }), 249_000)).toBe('no collector 4 m 9 s')
  expect(nodeWords(node('n'), 1)).toBe('')
})
