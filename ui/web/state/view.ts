// What is on the screen is what the URL says: question, range, order, columns, what is open. Pure: the
// hook beside it reads and writes the address.
//
// - parseView and viewHref are each other's inverse; what is as usual is left out of the address.
// - A relative time stays relative in the address; only `permalink` makes it absolute.
// - What an address says wrongly is as if it were not said: an old link still opens.
// - What a page says besides (`service` of the traces) is the page's: it is carried along as it is.

import { parseTime, rfc3339 } from '../model/time'

export interface View {
  readonly q: string
  /** As the API takes them: RFC 3339, `now`, `-15m`. */
  readonly from: string
  readonly to: string
  readonly tail: boolean
  /** `source:position` of the open row. */
  readonly open?: string | undefined
  /** What is shown of what matches: its lines, what they say, or what they say no more. */
  readonly show: 'lines' | 'patterns' | 'vanished'
  /** What is on top. */
  readonly order: 'oldest' | 'newest'
  /** Fields shown between time and message. */
  readonly columns: readonly string[]
  readonly wrap: boolean
  readonly zone: 'utc' | 'local'
  /** `source:position` of the row whose surroundings are shown. */
  readonly around?: string | undefined
  /** The chosen part of the range, RFC 3339. */
  readonly brush?: readonly [from: string, to: string] | undefined
}

/** Where lines are shown: a search from anywhere leads there. */
const LOGS_PATH = '/logs'
export const FROM_DEFAULT = '-1h'
export const TO_DEFAULT = 'now'
export const COLUMNS_DEFAULT: readonly string[] = ['component']

export function parseView(search: string): View {
  const params = new URLSearchParams(search)
  return {
    q: params.get('q') ?? '',
    from: params.get('from') ?? FROM_DEFAULT,
    to: params.get('to') ?? TO_DEFAULT,
    tail: params.get('tail') === '1',
    open: params.get('open') ?? undefined,
    show: showOf(params.get('list')),
    order: params.get('order') === 'newest' ? 'newest' : 'oldest',
    columns: columnsOf(params.get('columns')),
    wrap: params.get('wrap') === '1',
    zone: params.get('zone') === 'local' ? 'local' : 'utc',
    around: params.get('around') ?? undefined,
    brush: brushOf(params.get('brush')),
  }
}

const USUAL = parseView('')

/** The shortest address of a view, on a page; `besides` is what the page says of its own. */
export function viewHref(view: View, path: string = LOGS_PATH, besides?: URLSearchParams): string {
  const columns = view.columns.map(writtenColumn).join(',')
  const said: readonly (readonly [name: string, value: string | undefined, usual?: string])[] = [
    ['q', view.q, ''],
    ['from', view.from, FROM_DEFAULT],
    ['to', view.to, TO_DEFAULT],
    ['tail', view.tail ? '1' : undefined],
    ['open', view.open],
    ['list', view.show, 'lines'],
    ['order', view.order, 'oldest'],
    ['columns', columns, COLUMNS_DEFAULT.join(',')],
    ['wrap', view.wrap ? '1' : undefined],
    ['zone', view.zone, 'utc'],
    ['around', view.around],
    ['brush', view.brush?.join('/')],
  ]
  const params = new URLSearchParams()
  for (const [name, value, usual] of said) if (value !== undefined && value !== usual) params.set(name, value)
  for (const [name, value] of besides ?? []) params.append(name, value)
  const search = params.toString()
  return search === '' ? path : `${path}?${search}`
}

const OURS = ['q', 'from', 'to', 'tail', 'open', 'list', 'order', 'columns', 'wrap', 'zone', 'around', 'brush']

/** What an address says that is not part of every view; an order that lines do not have is a page's own. */
export function besidesView(search: string): URLSearchParams {
  const said = [...new URLSearchParams(search)]
  return new URLSearchParams(said.filter(([name, value]) => !OURS.includes(name) || (name === 'order' && !ORDERS.includes(value))))
}

const ORDERS = ['oldest', 'newest']

/** Another page, with the range and the zone, which stay across pages. */
export function pageHref(path: string, { from, to, zone }: View): string {
  return viewHref({ ...USUAL, from, to, zone }, path)
}

/** A name may hold the comma that stands between names. */
function writtenColumn(name: string): string {
  return name.replace(/[%,]/g, (char) => (char === '%' ? '%25' : '%2C'))
}

function columnsOf(said: string | null): readonly string[] {
  if (said === null) return COLUMNS_DEFAULT
  const names = said.split(',').map((name) => name.replace(/%25|%2C/g, (code) => (code === '%25' ? '%' : ',')))
  return [...new Set(names.filter((name) => name !== ''))]
}

function showOf(said: string | null): View['show'] {
  return said === 'patterns' || said === 'vanished' ? said : 'lines'
}

function brushOf(said: string | null): readonly [string, string] | undefined {
  const [from = '', to = '', ...more] = said?.split('/') ?? []
  const [first, last] = [parseTime(from), parseTime(to)]
  if (first === undefined || last === undefined || more.length > 0) return undefined
  return first < last ? [from, to] : undefined
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

/** A time of the URL as RFC 3339. What already is absolute keeps its nanoseconds; what is no time stays
 *  as it is, for the server to say so. */
export function absolute(time: string, nowMs: number): string {
  if (time !== 'now' && !time.startsWith('-')) return time
  const ms = momentOf(time, nowMs)
  const writable = ms !== undefined && Math.abs(ms) <= DATE_MS_MAX
  return writable ? rfc3339(ms) : time
}

/** Beyond it a Date cannot be written. */
const DATE_MS_MAX = 8.64e15

/** The view in which a row is found again later: absolute, its second the newest. */
export function permalink(view: View, key: string, atMs: number): View {
  const to = Math.floor(atMs / 1000) * 1000 + 1000
  return { ...view, from: rfc3339(to - 3600e3), to: rfc3339(to), tail: false, open: key }
}
