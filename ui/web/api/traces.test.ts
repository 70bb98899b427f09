// Traces as the server tells them: whole, in pages, and with nothing but an id.

import { afterEach, expect, test, vi } from 'vitest'
import { searchTraces, toSpan, traceOf, traceWithLines } from './traces'

afterEach(() => vi.unstubAllGlobals())

/** Answers the requests in turn, and keeps what was asked. */
function answering(...answers: readonly unknown[]): string[] {
  const asked: string[] = []
  vi.stubGlobal('fetch', (path: string) => {
    asked.push(path)
    return Promise.resolve(Response.json(answers[asked.length - 1] ?? {}))
  })
  return asked
}

const { signal } = new AbortController()

test('a span with nothing but its id is a span', () => {
  expect(toSpan({ span_id: '1' })).toMatchObject({ id: '1', parent: undefined, service: '', kind: 'unspecified', durationMs: 0, failed: false })
  expect(toSpan({ span_id: '1', kind: 'quantum', status: 'error' })).toMatchObject({ kind: 'unspecified', failed: true })
})

test('all pages of a trace are one', async () => {
  const asked = answering(
    { trace_id: 'ab', spans: [{ span_id: '1' }], cursor: 'x y', skew_ms: { n1: 0, n2: -4 }, critical_path: [{ span_id: '1', self_ms: 3 }] },
    { trace_id: 'ab', spans: [{ span_id: '2' }] },
  )
  const trace = await traceOf('ab', signal)
  expect(asked).toEqual(['/api/v1/traces/ab', '/api/v1/traces/ab?cursor=x+y'])
  expect(trace.spans.map(({ id }) => id)).toEqual(['1', '2'])
  expect([trace.cut, [...trace.skewMs], [...trace.critical]]).toEqual([false, [['n2', -4]], [['1', 3]]])
})

test('lines that write the id of a trace are among its lines, each once and in order', async () => {
  const line = (position: number, second: number) => ({ source: 's', position, time: `2026-01-29T14:00:0${second}Z`, message: 'x' })
  const asked = answering({ trace_id: 'ab', spans: [{ span_id: '1', start: '2026-01-29T14:00:00Z', duration_ms: 1_500 }], logs: [line(2, 2)] }, { records: [line(1, 1), line(2, 2)] })
  const { logs } = await traceWithLines('ab', signal)
  expect(logs.map(({ key }) => key)).toEqual(['s:1', 's:2'])
  expect(decodeURIComponent(asked[1] ?? '')).toBe('/api/v1/logs?q=ab&from=2026-01-29T13:59:00Z&to=2026-01-29T14:01:01.500Z&order=asc&limit=1000')
})

test('what is empty is not asked for', async () => {
  const asked = answering({ traces: [{ trace_id: 'ab', errors: 2 }], cursor: 'c' })
  const search = { q: '', service: 'a b', operation: '', min_duration: '', max_duration: '', error: '', from: '-1h', to: 'now', order: 'start' } as const
  const found = await searchTraces(search, 20, undefined, signal)
  expect(asked).toEqual(['/api/v1/traces?service=a+b&from=-1h&to=now&order=start&limit=20'])
  expect(found).toMatchObject({ cursor: 'c', traces: [{ id: 'ab', service: '', errors: 2, spans: 0, path: undefined }], coverage: { complete: true } })
})
