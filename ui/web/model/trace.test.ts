// Forests of every shape: whole, with lost parents, with cycles, with clocks that differ.

import { expect, test } from 'vitest'
import { FOLD_SPANS } from './limits'
import type { Span, SpanId } from './span'
import type { Nanos } from './time'
import { fails, type Forest, forestOf, isOrigin, ownMs, type TraceNode } from './trace'
import { lengthOf, united } from './traceCritical'
import { nextFailing, revealed, rowsOf, turnedAt } from './traceRows'

/** `b<a 10+20 !`: span b below a, from 10 ms for 20 ms, failed; `@node` names its node. */
function spanOf(written: string): Span {
  const [, id = '', parent, start = '0', length = '0', node = '', bad] = /^(\w+)(?:<(\w+))? (-?[\d.]+)\+([\d.]+)(?: @(\w+))?( !)?$/.exec(written) ?? []
  return {
    id: id as SpanId,
    parent: parent as SpanId | undefined,
    service: node === '' ? id : node,
    operation: `do ${id}`,
    kind: 'internal',
    at: BigInt(Math.round(Number(start) * 1e6)) as Nanos,
    durationMs: Number(length),
    failed: bad !== undefined,
    node,
    raw: {},
  }
}

function forest(written: readonly string[], skew: Readonly<Record<string, number>> = {}): Forest {
  return forestOf({ spans: written.map(spanOf), skewMs: new Map(Object.entries(skew)) }, true)
}

const drawn = ({ nodes }: Forest) => nodes.map((node) => `${' '.repeat(node.depth)}${node.span === undefined ? '?' : ''}${node.id}`)
const critical = ({ nodes }: Forest) =>
  nodes.filter((node) => node.critical.length > 0).map((node) => `${node.id} ${node.critical.map(([from, to]) => `${from}-${to}`).join(' ')}`)

test.each<[string, string[], string[]]>([
  ['nothing', [], []],
  ['one', ['a 0+9'], ['a']],
  ['siblings by their start', ['a 0+9', 'c<a 5+1', 'b<a 2+1', 'd<b 2+1'], ['a', ' b', '  d', ' c']],
  ['two roots', ['b 5+1', 'a 0+9'], ['a', 'b']],
  ['orphans of one lost parent together', ['a 0+9', 'c<x 3+1', 'b<x 2+1', 'd<y 1+1'], ['a', '?y', ' d', '?x', ' b', ' c']],
  ['its own parent', ['a<a 0+9', 'b<a 1+1'], ['a', ' b']],
  ['a cycle, cut above its earliest', ['c<b 3+1', 'b<a 2+1', 'a<c 1+1', 'd<c 4+1'], ['a', ' b', '  c', '   d']],
  ['two cycles and a tree', ['a<b 1+1', 'b<a 2+1', 'c<d 3+1', 'd<c 4+1', 'e 0+1'], ['e', 'a', ' b', 'c', ' d']],
])('%s', (_, written, expected) => {
  expect(drawn(forest(written))).toEqual(expected)
  expect(forest(written).spans).toBe(written.length)
})

test('a chain and a fan of a hundred thousand spans are forests too', () => {
  const chain = Array.from({ length: 100_000 }, (_, n) => `s${n}${n > 0 ? `<s${n - 1}` : ''} ${n / 1000}+1000`)
  const fan = Array.from({ length: 100_000 }, (_, n) => `s${n}<lost ${n}+1`)
  const { nodes } = forest(chain)
  expect([nodes[0]?.extent, nodes[0]?.spans, nodes.at(-1)?.depth, nodes.at(-1)?.id]).toEqual([100_000, 100_000, 99_999, 's99999'])
  const lost = forest(fan).nodes[0]
  expect([lost?.span, lost?.spans, lost?.endMs]).toEqual([undefined, 100_000, 100_000])
})

test('it begins with its first start, which may be an orphan or before 1970', () => {
  const { begin, totalMs, nodes } = forest(['a -5+9', 'b<x -8+1'])
  expect([begin, totalMs]).toEqual([-8_000_000n, 12])
  expect(nodes.map(({ id, startMs, endMs }) => [id, startMs, endMs])).toEqual([['x', 0, 1], ['b', 0, 1], ['a', 3, 12]])
})

test('the offset of a clock is taken out, and said', () => {
  const written = ['a 0+100 @n1', 'b<a 600010+80 @n2']
  const [a, b] = forest(written, { n2: 600_000 }).nodes as [TraceNode, TraceNode]
  expect([a.corrected, b.corrected, b.startMs, b.endMs]).toEqual([false, true, 10, 90])
  const raw = forestOf({ spans: written.map(spanOf), skewMs: new Map([['n2', 600_000]]) }, false)
  expect(raw.totalMs).toBe(600_090)
  expect(raw.nodes.some(({ corrected }) => corrected)).toBe(false)
})

test.each<[string, string[], string[]]>([
  ['the deepest that failed', ['a 0+9 !', 'b<a 1+8 !', 'c<b 2+6 !', 'd<c 3+1'], ['c']],
  ['each branch has its own', ['a 0+9 !', 'b<a 1+1 !', 'c<a 2+1 !'], ['b', 'c']],
  ['past one that says nothing', ['a 0+9 !', 'b<a 1+8', 'c<b 2+6 !'], ['c']],
  ['none', ['a 0+9', 'b<a 1+8'], []],
])('a failure begins at %s', (_, written, origins) => {
  const { nodes, errors } = forest(written)
  expect(nodes.filter(isOrigin).map(({ id }) => id)).toEqual(origins)
  expect(errors).toBe(written.filter((span) => span.endsWith('!')).length)
  expect(nodes.filter(fails)).toHaveLength(errors)
})

test.each<[string, string[], string[]]>([
  ['the only one has all', ['a 0+10'], ['a 0-10']],
  ['between its children a span has its own', ['a 0+10', 'b<a 2+3', 'c<a 6+3'], ['a 0-2 5-6 9-10', 'b 2-5', 'c 6-9']],
  ['of two at once the later to end is waited for', ['a 0+10', 'b<a 1+5', 'c<a 2+7'], ['a 0-2 9-10', 'c 2-9']],
  ['of two that end at once the first to begin is waited for', ['a 0+10', 'b<a 4+4', 'c<a 2+6'], ['a 0-2 8-10', 'c 2-8']],
  ['a child one clock tick too long is clamped first', ['a 0+10', 'b<a 5+6'], ['a 0-5', 'b 5-10']],
  ['a child that starts too early is clamped first', ['a 5+10', 'b<a 3+8', 'z 0+1'], ['z 0-1', 'a 11-15', 'b 5-11']],
  ['touching ends that floats miss', ['a 0+0.4', 'b<a 0+0.3', 'c<a 0.3+0.1'], ['b 0-0.3', 'c 0.3-0.4']],
  ['a child outside its parent takes nothing', ['a 0+10', 'b<a 20+5'], ['a 0-10', 'b 20-25'].slice(0, 1)],
])('critical path: %s', (_, written, expected) => {
  const rounded = critical(forest(written)).map((line) => line.replace(/\d+\.\d{6,}/g, (n) => String(Number(Number(n).toFixed(6)))))
  expect(rounded).toEqual(expected)
})

test('the parts of the critical path make up what the root covers', () => {
  const written = ['a 0+100', ...Array.from({ length: 40 }, (_, n) => `s${n}<${n % 3 === 0 ? 'a' : `s${n - 1}`} ${(n * 37) % 90}+${(n * 53) % 30}`)]
  const sum = forest(written).nodes.reduce((all, node) => all + lengthOf(node.critical), 0)
  expect(sum).toBeCloseTo(100, 6)
})

test('own time is what no child covers', () => {
  const [a] = forest(['a 0+10', 'b<a 1+3', 'c<a 2+4', 'd<a 8+9']).nodes
  expect(ownMs(a as TraceNode)).toBe(3)
  expect(united([[5, 7], [1, 3], [2, 4], [7, 8]])).toEqual([[1, 4], [5, 8]])
})

/** A root with runs of ten spans each, one of which failed deep inside. */
function big(spans: number): string[] {
  const runs = Array.from({ length: (spans - 1) / 10 }, (_, run) =>
    Array.from({ length: 10 }, (_, n) => `r${run}x${n}<${n === 0 ? 'root' : `r${run}x${n - 1}`} ${run}+1${run === 3 && n === 7 ? ' !' : ''}`),
  )
  return ['root 0+1000', ...runs.flat()]
}

const NOTHING = new Set<string>()
const shown = (of: Forest, turned: ReadonlySet<string> = NOTHING) => rowsOf(of, { turned, criticalOnly: false })

test('a trace of so many spans is open, one of more is folded where nothing failed', () => {
  const open = Array.from({ length: FOLD_SPANS - 1 }, (_, n) => `s${n}<root ${n}+1`)
  expect(shown(forest(['root 0+1000', ...open]))).toHaveLength(FOLD_SPANS)
  const large = forest(big(511))
  const rows = shown(large)
  expect(large.spans).toBe(511)
  // The root, its runs, and of the failing one the nine below.
  expect(rows).toHaveLength(1 + 51 + 9)
  expect(rows.filter(({ open: is }) => !is)).toHaveLength(50)
  expect(rows.find(({ node }) => node.id === 'r0x0')?.critical).toEqual([[0, 1]])
})

test('a node is turned, and turned back; a span to be seen opens what is above it', () => {
  const large = forest(big(511))
  const opened = turnedAt(NOTHING, 'r0x0')
  expect(shown(large, opened)).toHaveLength(61 + 9)
  expect(turnedAt(opened, 'r0x0').size).toBe(0)
  const deep = large.nodes.find(({ id }) => id === 'r9x9') as TraceNode
  const folding = revealed(large, deep, NOTHING)
  expect(shown(large, folding).some(({ node }) => node === deep)).toBe(true)
  expect(revealed(large, deep, folding)).toBe(folding)
})

test('only the critical path: those with a part in it and all above them', () => {
  const rows = rowsOf(forest(['a 0+10', 'b<a 0+10', 'c<b 0+10', 'd<b 2+3', 'e<a 1+2']), { turned: NOTHING, criticalOnly: true })
  expect(rows.map(({ node }) => node.id)).toEqual(['a', 'b', 'c'])
})

test('the next failure is the next row that failed or hides one', () => {
  const of = forest(['a 0+10', 'b<a 1+1 !', 'c<a 2+1', 'd<c 2+1 !'])
  const rows = shown(of)
  expect([nextFailing(rows, -1, 1), nextFailing(rows, 1, 1), nextFailing(rows, 3, 1), nextFailing(rows, 3, -1)]).toEqual([1, 3, undefined, 1])
  expect(nextFailing(shown(of, turnedAt(NOTHING, 'c')), 1, 1)).toBe(2)
})
