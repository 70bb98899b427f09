// What is on the screen is what the URL says: the query, the range, the tail, the open row. Pure: the
// hook beside it reads and writes the address.

import { rfc3339 } from '../model/time'

export interface View {
  readonly q: string
  /** As the API takes them: RFC 3339, `now`, `-15m`. Relative stays relative. */
  readonly from: string
  readonly to: string
  readonly tail: boolean
  /** `source:position` of the open row. */
  readonly open: string | undefined
}

export const FROM_DEFAULT = '-1h'
export const TO_DEFAULT = 'now'

export function parseView(search: string): View {
  const params = new URLSearchParams(search)
  return {
    q: params.get('q') ?? '',
    from: params.get('from') ?? FROM_DEFAULT,
    to: params.get('to') ?? TO_DEFAULT,
    tail: params.get('tail') === '1',
    open: params.get('open') ?? undefined,
  }
}

/** The shortest address of a view: what is as usual is left out. */
export function viewHref(view: View): string {
  const params = new URLSearchParams()
  if (view.q !== '') params.set('q', view.q)
  if (view.from !== FROM_DEFAULT) params.set('from', view.from)
  if (view.to !== TO_DEFAULT) params.set('to', view.to)
  if (view.tail) params.set('tail', '1')
  if (view.open !== undefined) params.set('open', view.open)
  const search = params.toString()
  return search === '' ? '/logs' : `/logs?${search}`
}

const UNITS: Readonly<Record<string, number>> = { s: 1e3, m: 60e3, h: 3600e3, d: 86_400e3 }

/** The moment that a time of the URL means, in milliseconds; nothing when it is none. */
export function momentOf(time: string, nowMs: number): number | undefined {
  if (time === 'now') return nowMs
  const [, count, unit] = /^-(\d+)([smhd])$/.exec(time) ?? []
  if (count !== undefined && unit !== undefined) return nowMs - Number(count) * (UNITS[unit] ?? 0)
  const ms = Date.parse(time)
  return Number.isNaN(ms) ? undefined : ms
}

/** The view in which a row is found again later: absolute, its second the newest. */
export function permalink(view: View, key: string, atMs: number): View {
  const to = Math.floor(atMs / 1000) * 1000 + 1000
  return { ...view, from: rfc3339(to - 3600e3), to: rfc3339(to), tail: false, open: key }
}

/** The query with one more term, which stands before a pipe if there is one. */
export function withTerm(q: string, field: string, value: string, not: boolean): string {
  const plain = /^[\p{L}\p{N}_./@-]+$/u.test(value) && !value.startsWith('-')
  const quoted = plain ? value : `"${value.replace(/[\\"]/g, '\\$&')}"`
  return `${q.trim()} ${not ? '-' : ''}${field}:${quoted}`.trim()
}
