// Every sentence of the Logs page.

import { expect, test } from 'vitest'
import { COMPLETE, type Coverage, type Gap } from '../model/coverage'
import type { SourceId } from '../model/record'
import { type Nanos, parseTime } from '../model/time'
import { EMPTY_FEED } from './feed'
import { completeSentence, coverageSentence, elapsedPhrase, freshness, gapSentence, laterPhrase, rangeWords } from './words'

const AT = parseTime('2026-01-29T14:05:31.2Z') as Nanos
const GAP: Gap = { source: '9f' as SourceId, from: '0', at: AT, component: 'food', node: 'node-155', records: 1284, reason: 'deleted_before_read' }
const late = (...behindMs: number[]) => behindMs.map((ms, i) => ({ node: `node-${74 + i}`, behindMs: ms }))

const COVERAGES: [Partial<Coverage>, string][] = [
  [{}, 'Complete.'],
  [{ completeTo: AT }, 'Complete to 14:05:31.'],
  [{ complete: false, completeTo: AT, lagging: late(41_300) }, 'Complete to 14:05:31; node-74 is 41 s behind.'],
  [{ complete: false, completeTo: 0n as Nanos, lagging: late(1_795_250_000_000) }, 'node-74 has not said how far it is.'],
  [{ complete: false, lagging: [{ node: 'a\u202eb\u0000', behindMs: 41_300 }] }, 'a\\u202eb\\x00 is 41 s behind.'],
  [{ complete: false, lagging: late(2_000, 90_000) }, '2 nodes are behind, node-75 by 1 m 30 s.'],
  [{ complete: false, gaps: [GAP] }, 'Lines are missing in one place.'],
  [{ complete: false, gaps: [GAP, GAP], missingSplits: 1 }, 'Lines are missing in 2 places; a stored object cannot be read.'],
  [{ complete: false, limitedBy: 'time' }, 'Stopped at its limit of time: older lines were not searched.'],
]

test.each(COVERAGES)('%o reads %j', (change, sentence) => {
  expect(coverageSentence({ ...COMPLETE, ...change }, 'utc')).toBe(sentence)
})

test.each([
  [{}, '1,284 lines missing here: food on node-155. The file was removed before it was read.'],
  [{ records: undefined, reason: 'moon_phase' }, 'Lines are missing here: food on node-155. Reason: moon phase.'],
  [{ node: undefined, records: 1 }, '1 line missing here: food. The file was removed before it was read.'],
  [{ component: undefined, records: 1 }, '1 line missing here: a source on node-155. The file was removed before it was read.'],
  [{ component: undefined, node: undefined, records: 1 }, '1 line missing here: source 9f. The file was removed before it was read.'],
])('a gap with %o reads %j', (change, sentence) => {
  expect(gapSentence({ ...GAP, ...change })).toBe(sentence)
})

test.each([
  [0.4, 'in <1 ms'],
  [14, 'in 14 ms'],
])('%d ms reads %s', (ms, words) => {
  expect(elapsedPhrase(ms)).toBe(words)
})

test('the place up to which all is here names who is late, and where', () => {
  const coverage = { ...COMPLETE, lagging: late(41_000) }
  expect(completeSentence(coverage, AT, 'oldest', 'utc')).toBe(
    'Complete to here, 14:05:31. Below, lines from node-74 may still come in between.',
  )
  expect(completeSentence(coverage, AT, 'newest', 'utc')).toContain('Above, lines from node-74')
})

test('freshness is silent when all is delivered', () => {
  const { tail } = EMPTY_FEED
  expect(freshness(COMPLETE, tail)).toBeUndefined()
  expect(freshness({ ...COMPLETE, lagging: late(1) }, tail)).toBe('1 node late')
  expect(freshness({ ...COMPLETE, lagging: late(1) }, { ...tail, state: 'lost' })).toBe('stream lost')
})

const NOW = Date.parse('2026-01-29T14:06:12Z')

test.each([
  ['-1h', 'now', '13:06 to 14:06'],
  ['-1d', 'now', '28 Jan 2026 14:06 to 29 Jan 2026 14:06'],
  ['1970-01-01T00:00:00Z', 'now', 'everything up to 29 Jan 2026 14:06'],
  ['soon', 'now', 'soon to now'],
])('from %s to %s is %s', (from, to, words) => {
  expect(rangeWords({ from, to, zone: 'utc' }, NOW)).toBe(words)
})

test('the range is said as the clock of its zone shows it', () => {
  const before = process.env.TZ
  process.env.TZ = 'Asia/Shanghai'
  const view = { from: '2026-01-29T14:30:00Z', to: '2026-01-29T15:30:00Z', zone: 'local' } as const
  expect(rangeWords(view, NOW)).toBe('22:30 to 23:30')
  process.env.TZ = before
})

test.each([
  [0n, 'at once'],
  [38n, '38 ms later'],
  [-1500n, '1.50 s before its time'],
])('a record received %d ms after its time came %s', (ms, words) => {
  expect(laterPhrase(AT, (AT + ms * 1_000_000n) as Nanos)).toBe(words)
})
