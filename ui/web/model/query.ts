// As much of the query language as is needed to put a term into a query: where its pipes begin, whether
// an OR joins what stands before them, and how a name and a value are written. The server's lexer is
// the rule; this one follows it.

/** Where the first pipe stands; nothing when the query only filters. */
export function pipeAt(q: string): number | undefined {
  return words(q).find((word) => word.kind === 'pipe')?.from
}

/** Whether an OR stands outside all parentheses, so that a further term would bind to its last part only. */
export function hasOuterOr(filter: string): boolean {
  let depth = 0
  for (const { kind, from, to } of words(filter)) {
    if (kind === 'open') depth += 1
    if (kind === 'close') depth -= 1
    if (kind === 'word' && depth === 0 && filter.slice(from, to) === 'OR') return true
  }
  return false
}

/** A field's name and a value, as one term. */
export function termOf(field: string, value: string, not: boolean): string {
  return `${not ? '-' : ''}${writtenField(field)}:${writtenValue(value)}`
}

const PLAIN_VALUE = /^[\p{L}\p{N}_.@][\p{L}\p{N}_./@-]*$/u

function writtenValue(value: string): string {
  return PLAIN_VALUE.test(value) ? value : `"${value.replace(/[\\"]/g, '\\$&')}"`
}

function writtenField(name: string): string {
  return name.replace(/[\s()|"*\\:]|^[-/~]/g, '\\$&')
}

interface Word {
  readonly kind: 'open' | 'close' | 'pipe' | 'quoted' | 'regex' | 'field' | 'value' | 'word'
  readonly from: number
  readonly to: number
}

const SIGNS: Readonly<Record<string, Word['kind']>> = { '(': 'open', ')': 'close', '|': 'pipe' }
const BLANKS = /\s*/y
const QUOTED = /"(?:\\["\\]|[^"])*"?/y
const REGEX = /\/(?:\\[^]|[^\\/])*\/(?=[\s()|]|$)/y
const BARE = /(?:\\[^]?|[^\s()|"\\])+/y
/** The name is as in BARE, but it ends at its first colon and has no star. */
const FIELD = /(?:\\[^]?|[^\s()|"\\*:])+:/y

function words(q: string): readonly Word[] {
  const found: Word[] = []
  let list = false
  for (let at = end(BLANKS, q, 0); at < q.length; at = end(BLANKS, q, at)) {
    const last = found.at(-1)
    const value = last?.kind === 'field' && last.to === at
    const word = wordAt(q, at, value, list)
    if (value && q[word.to] === '(' && /^(in|cidr)$/.test(q.slice(at, word.to))) list = true
    if (word.kind === 'close') list = false
    found.push(word)
    at = word.to
  }
  return found
}

function wordAt(q: string, from: number, value: boolean, list: boolean): Word {
  const first = q[from] ?? ''
  const sign = SIGNS[first]
  if (sign !== undefined) return { kind: sign, from, to: from + 1 }
  if (first === '"') return { kind: 'quoted', from, to: end(QUOTED, q, from) }
  const regex = first === '/' && !list ? end(REGEX, q, from) : from
  if (regex > from) return { kind: 'regex', from, to: regex }
  const field = value || list ? from : end(FIELD, q, from)
  if (field > from) return { kind: 'field', from, to: field }
  return { kind: value ? 'value' : 'word', from, to: Math.max(end(BARE, q, from), from + 1) }
}

/** Where a sticky pattern ends that begins there; the same place when it does not match. */
function end(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at
}
