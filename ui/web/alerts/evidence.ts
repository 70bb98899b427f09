// Where a firing of a replay is seen: the lines, traces or states that its rule looked at. Pure.

import type { Firing, RuleBody } from '../model/alert'
import { filterPart, hasOuterOr, termOf } from '../model/query'
import { rfc3339 } from '../model/time'
import { parseView, type View, viewHref } from '../state/view'

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

export function evidenceHref(body: RuleBody, { fromMs, toMs, labels }: Pick<Firing, 'fromMs' | 'toMs' | 'labels'>, { zone }: Pick<View, 'zone'>): string {
  const over = durationMs(body['over'] ?? body['every'] ?? '1m')
  const range = { ...parseView(''), from: rfc3339(fromMs - over), to: rfc3339(toMs), zone }
  const signal = body['signal'] ?? 'logs'
  if (signal === 'health' || signal === 'samples') return viewHref({ ...parseView(''), to: rfc3339(toMs), zone }, '/health')
  const filter = filterPart(String(body['query'] ?? ''))
  const groups = Array.isArray(body['group_by']) ? body['group_by'].map(String) : []
  const terms = groups.flatMap((name) => (labels[name] === undefined ? [] : [termOf(name, labels[name], false)]))
  const first = terms.length > 0 && hasOuterOr(filter) ? `(${filter})` : filter === '*' && terms.length > 0 ? '' : filter
  const q = [first, ...terms].filter(Boolean).join(' ')
  return viewHref({ ...range, q }, signal === 'spans' ? '/traces' : '/logs')
}

function durationMs(written: unknown): number {
  const [, length, unit = ''] = /^(\d+)(ms|s|m|h|d)$/.exec(String(written)) ?? []
  return Number(length ?? 1) * (UNITS_MS[unit] ?? 60_000)
}
