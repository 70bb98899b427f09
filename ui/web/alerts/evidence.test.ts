// Where the evidence of a firing is.

import { expect, test } from 'vitest'
import type { RuleBody } from '../model/alert'
import { evidenceHref } from './evidence'

const AT = Date.parse('2026-03-05T10:00:00Z')
const FIRING = { fromMs: AT, toMs: AT + 60_000, labels: { component: 'cart' } }

test.each<[RuleBody, string, string | null]>([
  [{ query: 'severity:error | stats count()', over: '5m', group_by: ['component'] }, '/logs?from=2026-03-05T09:55:00Z', 'severity:error component:cart'],
  [{ query: 'a OR b', every: '15s', group_by: ['component', 'node'] }, '/logs?from=2026-03-05T09:59:45Z', '(a OR b) component:cart'],
  [{ query: '*', group_by: ['component'] }, '/logs?from=2026-03-05T09:59:00Z', 'component:cart'],
  [{ query: 'status:error', signal: 'spans', over: '1h' }, '/traces?from=2026-03-05T09:00:00Z', 'status:error'],
  [{ query: 'what:node', signal: 'health' }, '/health', null],
])('the evidence of %o is at %s', (body, place, q) => {
  const href = new URL(evidenceHref(body, FIRING, { zone: 'utc' }), 'http://x')
  const from = href.searchParams.get('from')
  expect(`${href.pathname}${from === null ? '' : `?from=${from}`}`).toBe(place)
  expect(href.searchParams.get('q')).toBe(q)
  expect(href.searchParams.get('to')).toBe('2026-03-05T10:01:00Z')
})
