// How long a silence holds, as one writes it: its beginning as a time, its end as a length or a time. Pure.

import { rfc3339 } from '../model/time'
import type { Zone } from '../model/zone'
import { readTime } from '../state/range'

export type ReadSpan = { readonly from: string; readonly to: string } | { readonly field: 'from' | 'to'; readonly problem: string }

const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }
/** Minutes, hours, days. How long at most is for the server to say. */
const LENGTH = /^(\d{1,4})\s*([mhd])$/

export function readSpan(from: string, to: string, zone: Zone, nowMs: number): ReadSpan {
  const begin = readTime(from.trim() === '' ? 'now' : from, zone, nowMs)
  if ('problem' in begin) return { field: 'from', problem: begin.problem }
  const [, count, unit = ''] = LENGTH.exec(to.trim()) ?? []
  if (count !== undefined) return spanOf(begin.ms, begin.ms + Number(count) * (UNITS_MS[unit] ?? 0))
  const end = readTime(to, zone, nowMs)
  if ('problem' in end) return { field: 'to', problem: 'Write how long, as in 30m, 2h or 1d, or until when.' }
  return spanOf(begin.ms, end.ms)
}

function spanOf(fromMs: number, toMs: number): ReadSpan {
  if (toMs <= fromMs) return { field: 'to', problem: 'The end must be after the beginning.' }
  return { from: rfc3339(fromMs), to: rfc3339(toMs) }
}
