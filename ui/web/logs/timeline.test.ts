// Against a server in memory with the real one's rules: half-open ranges, equal buckets, the server's
// order, pages by cursor. Answers come in any order, scrolling goes on meanwhile.

import { expect, test } from 'vitest'
import { LEAF_ROWS, LIST_REQUESTS_MAX, PAGE_ROWS_MAX, ROWS_KEPT_MAX, SPLIT_BUCKETS_MAX } from '../model/limits'
import { type LogRecord, recordKey, type SourceId } from '../model/record'
import type { Nanos } from '../model/time'
import { type Counted, filled, indexOfRow, indexOfTime, rowAt, seeded, type Stretch, timeAt, timelineOf, total, trimmed, wanted } from './timeline'
import { type Asks, openLoader } from './timelineLoader'

function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state * 48_271) % 2_147_483_647
    return state % below
  }
}

function row(at: number, position: number): LogRecord {
  const source = 's' as SourceId
  return { key: recordKey(source, position), at: BigInt(at) as Nanos, source, severity: 'info', component: '', node: '', message: '', raw: {} }
}

/** Clusters: some lines alone, some thick, some with the very same nanosecond. */
function someRows(next: (below: number) => number, count: number, length: number): LogRecord[] {
  const times: number[] = []
  while (times.length < count) {
    const at = next(length)
    const many = Math.min([1, 1, 3, 700, 2_000][next(5)] ?? 1, count - times.length)
    const width = [1, 1, 50, 5_000][next(4)] ?? 1
    for (let i = 0; i < many; i += 1) times.push(Math.min(length - 1, at + next(width)))
  }
  return times.map(row).sort((a, b) => Number(a.at - b.at) || position(a) - position(b))
}

function position(row: LogRecord): number {
  return Number(row.key.split(':')[1])
}

function buckets(rows: readonly LogRecord[], from: Nanos, to: Nanos, n: number): Counted[] {
  const edge = (i: number) => (from + ((to - from) * BigInt(i)) / BigInt(n)) as Nanos
  return Array.from({ length: n }, (_, i) => {
    const [a, b] = [edge(i), edge(i + 1)]
    return { from: a, to: b, count: rows.filter(({ at }) => at >= a && at < b).length }
  })
}

/** Answers when it is told to, in any order. */
function server(rows: () => readonly LogRecord[]) {
  const waiting: { signal: AbortSignal; answer: () => void }[] = []
  let most = 0
  let asked = 0
  function later<T>(signal: AbortSignal, value: () => T): Promise<T> {
    asked += 1
    return new Promise((resolve) => {
      waiting.push({ signal, answer: () => resolve(value()) })
      most = Math.max(most, waiting.filter((one) => !one.signal.aborted).length)
    })
  }
  const asks: Asks = {
    count: ({ from, to }, n, signal) => {
      expect(n).toBeGreaterThanOrEqual(2)
      expect(n).toBeLessThanOrEqual(SPLIT_BUCKETS_MAX)
      return later(signal, () => buckets(rows(), from, to, n))
    },
    rows: ({ from, to, after }, limit, signal) => {
      expect(limit).toBeLessThanOrEqual(PAGE_ROWS_MAX)
      return later(signal, () => {
        const inside = rows().filter(({ at }) => at >= from && at < to)
        const behind = after === undefined ? 0 : inside.findIndex(({ key }) => key === after) + 1
        const records = inside.slice(behind, behind + limit)
        return { records, cursor: records.length === limit ? records.at(-1)?.key : undefined }
      })
    },
  }
  return {
    asks,
    most: () => most,
    asked: () => asked,
    async one(next: (below: number) => number): Promise<boolean> {
      await new Promise(setImmediate)
      const [answer] = waiting.splice(next(waiting.length || 1), 1)
      answer?.answer()
      await new Promise(setImmediate)
      return answer !== undefined
    },
  }
}

const END = 1_000_000

function soon(then: () => void): () => void {
  let off = false
  queueMicrotask(() => off || then())
  return () => (off = true)
}

function open(all: () => readonly LogRecord[], settle: (then: () => void) => () => void = soon) {
  const fake = server(all)
  const counts = buckets(all(), 0n as Nanos, BigInt(END) as Nanos, 24)
  return { fake, loader: openLoader(timelineOf(counts), { asks: fake.asks, onChange: () => {}, settle }) }
}

test.each([1, 2, 3, 4, 5, 6])('after any scrolling every index shows the row that a sorted array has, seed %d', async (seed) => {
  const next = random(seed)
  const rows = someRows(next, [0, 1, 900, 8_000, 20_000, 30_000][seed - 1] ?? 0, END)
  const { fake, loader } = open(() => rows)
  for (let step = 0; step < 60; step += 1) {
    const first = next(Math.max(1, rows.length))
    const last = Math.min(rows.length, first + 60)
    loader.look(first, last)
    for (let answers = next(4); answers > 0; answers -= 1) await fake.one(next)
    if (next(3) > 0) continue
    while (await fake.one(next)) {}
    expect(total(loader.timeline)).toBe(rows.length)
    for (let i = first; i < last; i += 1) expect(rowAt(loader.timeline, i)?.key, `index ${i}`).toBe(rows[i]?.key)
  }
  expect(fake.most()).toBeLessThanOrEqual(LIST_REQUESTS_MAX)
})

test.each([11, 12, 13])('what comes late is there once it is looked at, seed %d', async (seed) => {
  const next = random(seed)
  const rows = someRows(next, 3_000, END)
  let arrived = rows.filter(() => next(10) > 2)
  const { fake, loader } = open(() => arrived)
  arrived = rows
  for (let first = 0; first < total(loader.timeline); first += 50) {
    loader.look(first, first + 60)
    while (await fake.one(next)) {}
  }
  const shown = Array.from({ length: total(loader.timeline) }, (_, i) => rowAt(loader.timeline, i)?.key)
  expect(shown.filter((key) => key !== undefined)).toEqual(rows.filter(({ key }) => shown.includes(key)).map(({ key }) => key))
  // Only ranges that were counted as empty may still hide lines: nobody could look at them.
  expect(shown.length).toBeGreaterThan(rows.length * 0.95)
})

test('a jump is asked for at once, and of a fling nothing more until it ends', async () => {
  const next = random(5)
  const rows = someRows(next, 20_000, END)
  const fling = { ended: () => {} }
  const { fake, loader } = open(() => rows, (then) => ((fling.ended = then), () => (fling.ended = () => {})))
  loader.look(0, 0)
  loader.look(1_000, 1_060)
  const first = fake.asked()
  expect(first).toBeGreaterThan(0)
  for (let at = 2_000; at < 19_000; at += 1_000) loader.look(at, at + 60)
  while (await fake.one(next)) {}
  expect(fake.asked()).toBe(first)
  expect(rowAt(loader.timeline, 1_000)).toBeUndefined()
  fling.ended()
  expect(fake.asked()).toBeGreaterThan(first)
  expect(fake.asked()).toBeLessThanOrEqual(first + LIST_REQUESTS_MAX)
})

test('what failed is asked for again when somebody says so, not by itself', async () => {
  let fails = true
  let asked = 0
  const asks: Asks = {
    count: () => Promise.reject(new Error('count')),
    rows: () => {
      asked += 1
      return fails ? Promise.reject(new Error('away')) : Promise.resolve({ records: [row(1, 1)], cursor: undefined })
    },
  }
  const counts = [{ from: 0n as Nanos, to: 10n as Nanos, count: 1 }]
  const loader = openLoader(timelineOf(counts), { asks, onChange: () => {}, settle: () => () => {} })
  loader.look(0, 1)
  await new Promise(setImmediate)
  loader.look(0, 1)
  await new Promise(setImmediate)
  expect([asked, String(loader.fault)]).toEqual([1, 'Error: away'])
  fails = false
  loader.again()
  await new Promise(setImmediate)
  expect([asked, loader.fault, rowAt(loader.timeline, 0)?.key]).toEqual([2, undefined, 's:1'])
})

const counted = (from: number, to: number, count: number): Counted => ({ from: BigInt(from) as Nanos, to: BigInt(to) as Nanos, count })

test('a row that is not here has an estimated time, and a time an estimated index', () => {
  const timeline = timelineOf([counted(0, 1_000, 600), counted(1_000, 2_000, 0), counted(2_000, 3_000, 600)])
  expect(timeAt(timeline, 300)).toBe(500n)
  expect(timeAt(timeline, 900)).toBe(2_500n)
  expect(indexOfTime(timeline, 500n as Nanos)).toBe(300)
  expect(indexOfTime(timeline, 9_000n as Nanos)).toBe(1_200)
  expect(indexOfRow(timeline, row(500, 1))).toBeUndefined()
})

test.each([
  [LEAF_ROWS, 1_000, 'rows'],
  [LEAF_ROWS + 1, 1_000, 'count'],
  [LEAF_ROWS + 1, 1, 'rows'],
])('a stretch of %d lines in %d ns is asked for its %s', (count, length, kind) => {
  expect(wanted(timelineOf([counted(0, length, count)]), 0, 1).map((want) => want.kind)).toEqual([kind])
})

function full(stretch: Stretch, position: number): readonly LogRecord[] {
  return Array.from({ length: stretch.count }, (_, i) => row(Number(stretch.from) + i, position + i))
}

test.each([
  [ROWS_KEPT_MAX, 0],
  [ROWS_KEPT_MAX + 1, 1],
])('of %d rows, %d stretches are let go, the farthest first', (rows, gone) => {
  const counts = Array.from({ length: Math.ceil(rows / LEAF_ROWS) }, (_, i) =>
    counted(i * 1_000, (i + 1) * 1_000, Math.min(LEAF_ROWS, rows - i * LEAF_ROWS)),
  )
  let timeline = timelineOf(counts.map((one) => one))
  for (const { stretch } of wanted(timeline, 0, rows)) {
    timeline = filled(timeline, stretch, { records: full(stretch, Number(stretch.from)), cursor: undefined })
  }
  const after = trimmed(timeline, 0, 60)
  expect(after.stretches.filter((one) => one.rows === undefined)).toHaveLength(gone)
  expect(total(after)).toBe(rows)
  if (gone > 0) expect(after.stretches.at(-1)?.rows).toBeUndefined()
})

test.each([
  ['as many as were asked for', 600, 100, 99],
  ['all there are', 60, 60, 60],
  ['none', 0, 0, 0],
])('the newest lines are there before anything is fetched: %s', (_, all, came, here) => {
  const rows = Array.from({ length: all }, (_, i) => row(i * 10, i))
  const counts = buckets(rows, 0n as Nanos, 7_000n as Nanos, 7)
  const timeline = seeded(counts, rows.slice(all - came), came === all)
  expect(total(timeline)).toBe(all)
  const shown = rows.map((_, i) => rowAt(timeline, i)?.key)
  expect(shown.filter((key) => key !== undefined)).toEqual(rows.slice(all - here).map(({ key }) => key))
  expect(timeline.stretches[0]?.from).toBe(0n)
  expect(timeline.stretches.at(-1)?.to).toBe(7_000n)
})
