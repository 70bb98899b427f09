// What the pipes of a query say about the columns of its table: which of them hold a field's values, and by
// which it is sorted. Pure; a query that the server refuses may read as anything.

import { filterPart, hasOuterOr, termOf } from '../../model/query'
import { withTerm } from '../../model/terms'
import type { Nanos } from '../../model/time'
import { type Token, tokens } from '../../model/tokens'

interface Pipe {
  readonly name: string
  readonly parts: readonly Token[]
  /** Where its bar stands, and where it ends. */
  readonly from: number
  readonly to: number
}

function pipesOf(q: string): readonly Pipe[] {
  const found: Pipe[] = []
  for (const token of tokens(q)) {
    if (token.kind === 'pipe') found.push({ name: '', parts: [], from: token.from, to: token.to })
    const pipe = found.at(-1)
    if (pipe === undefined || token.kind === 'pipe') continue
    const name = token.kind === 'stage' ? q.slice(token.from, token.to) : pipe.name
    found[found.length - 1] = { name, parts: [...pipe.parts, token], from: pipe.from, to: token.to }
  }
  return found
}

/** Columns that hold a field's values, and the field: by them a click can filter. */
export function groupFields(q: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const pipe = pipesOf(q).findLast(({ name }) => ['stats', 'top', 'histogram'].includes(name))
  const parts = pipe?.parts ?? []
  const by = parts.findIndex((token) => token.kind === 'keyword' && q.slice(token.from, token.to) === 'by')
  if (by < 0) return found
  for (const key of separated(q, parts.slice(by + 1))) {
    const [field, as, name] = key
    if (field === undefined || !['field', 'value', 'quoted'].includes(field.kind)) continue
    const called = as !== undefined && name !== undefined ? name : field
    found.set(nameOf(q, called), nameOf(q, field))
  }
  return found
}

export interface Bin {
  /** The column of the moments at which the bins begin. */
  readonly column: string
  readonly length: Nanos
}

const UNITS_NS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
  d: 86_400_000_000_000n,
}

/** The bins of the records' time; nothing when there are none, or their length does not stand in the query. */
export function binOf(q: string): Bin | undefined {
  const pipe = pipesOf(q).findLast(({ name }) => ['stats', 'top', 'histogram'].includes(name))
  const written = (pipe?.parts ?? []).map((token) => q.slice(token.from, token.to))
  if (pipe?.name === 'histogram') return binOfLength('time', written[1])
  for (const key of separated(q, pipe?.parts ?? [])) {
    const text = key.map((token) => q.slice(token.from, token.to)).join('')
    const [call, length] = /bin\((?:time,)?(\w+)\)/.exec(text) ?? []
    const last = key.at(-1)
    const named = key.at(-2)
    if (call === undefined || last === undefined || named === undefined) continue
    return binOfLength(q.slice(named.from, named.to) === 'as' ? nameOf(q, last) : call, length)
  }
  return undefined
}

function binOfLength(column: string, length: string | undefined): Bin | undefined {
  const [, n, unit] = /^(\d+)([a-z]+)$/.exec(length ?? '') ?? []
  const ns = unit === undefined ? undefined : UNITS_NS[unit]
  return n === undefined || ns === undefined ? undefined : { column, length: (BigInt(n) * ns) as Nanos }
}

/** What stands between the commas that are not inside parentheses. */
function separated(q: string, parts: readonly Token[]): readonly (readonly Token[])[] {
  const found: Token[][] = [[]]
  let depth = 0
  for (const token of parts) {
    const sign = token.kind === 'sign' ? q.slice(token.from, token.to) : ''
    depth += sign === '(' ? 1 : sign === ')' ? -1 : 0
    if (sign === ',' && depth === 0) found.push([])
    else found.at(-1)?.push(token)
  }
  return found
}

function nameOf(q: string, { from, to, kind }: Token): string {
  const written = q.slice(from, to)
  return kind === 'quoted' ? written.slice(1, -1).replace(/\\(["\\])/g, '$1') : written
}

export interface Sort {
  readonly column: string
  readonly descending: boolean
}

/** The column that the table is sorted by: that of the last sort, when at most a limit comes behind it. */
export function sortOf(q: string): Sort | undefined {
  const pipe = lastSort(q)
  if (pipe === undefined) return undefined
  const [first = []] = separated(q, pipe.parts.slice(1))
  const order = first.at(-1)
  const ordered = order?.kind === 'keyword'
  const column = (ordered ? first.slice(0, -1) : first).map((token) => q.slice(token.from, token.to)).join('')
  const quoted = /^"(?:\\.|[^"\\])*"$/.test(column)
  const descending = ordered && q.slice(order.from, order.to) === 'desc'
  return { column: quoted ? column.slice(1, -1).replace(/\\(["\\])/g, '$1') : column, descending }
}

function lastSort(q: string): Pipe | undefined {
  const [last, before] = pipesOf(q).toReversed()
  if (last?.name === 'sort') return last
  return last?.name === 'limit' && before?.name === 'sort' ? before : undefined
}

/** The query sorted by a column; once more the other way round. Numbers begin with the greatest. */
export function sortedBy(q: string, column: string, numeric: boolean): string {
  const now = sortOf(q)
  const descending = now?.column === column ? !now.descending : numeric
  const pipe = `| sort ${writtenColumn(column)}${descending ? ' desc' : ''}`
  const former = lastSort(q)
  if (former === undefined) return `${q.trim()} ${pipe}`
  return [q.slice(0, former.from).trim(), pipe, q.slice(former.to).trim()].filter((part) => part !== '').join(' ')
}

/** As the server reads it: a call as it is called, other names in quotes when they must. */
function writtenColumn(column: string): string {
  if (/^[^\s|(),"]+(\([^|()]*\))?$/.test(column)) return column
  return `"${column.replace(/[\\"]/g, '\\$&')}"`
}

/** The lines of a group: its value as a term, the pipes gone. */
export function linesOf(q: string, field: string, value: unknown): string {
  const filters = filterPart(q)
  if (value === null) {
    const without = termOf(field, 'x', true).replace(/x$/, '*')
    return `${hasOuterOr(filters) ? `(${filters})` : filters} ${without}`.trim()
  }
  return withTerm(filters, field, String(value), false)
}
