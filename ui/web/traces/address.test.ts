// Addresses of traces and of their lines.

import { expect, test } from 'vitest'
import { besidesView, parseView } from '../state/view'
import { filtersOf, linesHref, traceHref, tracesHref } from './address'

const VIEW = parseView('?q=error&from=-15m&zone=local&open=a:1')

test('the filters are the address’s, and what is not said is none', () => {
  const said = '?q=x&service=cart&operation=a+b&min_duration=5ms&max_duration=2s&error=true&order=duration'
  expect(filtersOf(besidesView(said))).toEqual({ service: 'cart', operation: 'a b', min_duration: '5ms', max_duration: '2s', error: true, order: 'duration' })
  expect(filtersOf(besidesView('?order=newest&error=yes'))).toEqual({ service: '', operation: '', min_duration: '', max_duration: '', error: false, order: 'start' })
})

test('range and zone go along to a trace, to others, and to its lines', () => {
  expect(traceHref(VIEW, 'a/b')).toBe('/traces/a%2Fb?from=-15m&zone=local')
  expect(traceHref(VIEW, 'ab', '1')).toBe('/traces/ab?from=-15m&zone=local&open=1')
  expect(traceHref(parseView(''), 'ab', '1')).toBe('/traces/ab?open=1')
  expect(tracesHref(VIEW, { q: 'node:a' })).toBe('/traces?q=node%3Aa&from=-15m&zone=local')
  const from = Date.UTC(2026, 0, 29, 14)
  expect(linesHref(parseView(''), 'ab', from + 0.5, from + 999.5)).toBe('/logs?q=trace_id%3Aab+OR+ab&from=2026-01-29T13%3A59%3A00Z&to=2026-01-29T14%3A01%3A01Z')
})
