// The parts of a query, for colours and for finding the first pipe. It reads as the server's lexer does
// (query/src/language), but never refuses: what the server would refuse still has a colour and a place.
//
// Invariants: tokens lie in order and never overlap; only blanks lie between them; places count UTF-16
// units, as strings here do.

export type Kind =
  | 'field' // `name:` in a filter, a field's name behind a pipe
  | 'value'
  | 'word'
  | 'quoted'
  | 'regex'
  | 'sign' // - ~ ( ) , < >= ..
  | 'keyword' // OR AND NOT, by as asc desc
  | 'pipe'
  | 'stage' // the word right behind a pipe
  | 'function'
  | 'unclosed' // a quote without its end

export interface Token {
  readonly kind: Kind
  readonly from: number
  readonly to: number
}

/** What a token's meaning depends on: the token right before it, without a blank between. */
interface Place {
  readonly after: 'field' | 'comparison' | undefined
  /** Inside `in(..)` and `cidr(..)`. */
  readonly list: boolean
}

export function tokens(q: string): readonly Token[] {
  const found: Token[] = []
  let place: Place = { after: undefined, list: false }
  for (let at = skipBlanks(q, 0); at < q.length; ) {
    const token = filterToken(q, at, place)
    found.push(token)
    if (token.kind === 'pipe') return found.concat(stageTokens(q, token.to))
    const next = skipBlanks(q, token.to)
    place = placeAfter(q, token, next === token.to, place)
    at = next
  }
  return found
}

function placeAfter(q: string, token: Token, glued: boolean, before: Place): Place {
  const text = q.slice(token.from, token.to)
  const comparison = token.kind === 'sign' && COMPARISON.test(text)
  const list = (before.list || token.kind === 'function') && text !== ')'
  const after = token.kind === 'field' ? 'field' : comparison ? 'comparison' : undefined
  return { after: glued ? after : undefined, list }
}

function filterToken(q: string, at: number, { after, list }: Place): Token {
  const first = q[at] ?? ''
  const bare = after === undefined && !list
  const token = (kind: Kind, to: number): Token => ({ kind, from: at, to })
  if (first === '|') return token('pipe', at + 1)
  if (first === '(' || first === ')') return token('sign', at + 1)
  if (first === ',' && list) return token('sign', at + 1)
  if (first === '~' && q[at + 1] === '"') return token('sign', at + 1)
  if (first === '-' && bare) return token('sign', at + 1)
  if (first === '"') return quoted(q, at, bare ? 'quoted' : 'value')
  if (first === '/' && after !== 'comparison' && !list) {
    const end = regexEnd(q, at)
    if (end !== undefined) return token('regex', end)
  }
  const comparison = after === 'field' ? COMPARISON.exec(q.slice(at, at + 2))?.[0] : undefined
  if (comparison !== undefined) return token('sign', at + comparison.length)
  return bareToken(q, at, after, list)
}

const COMPARISON = /^(?:>=|<=|!=|>|<)/
const KEYWORDS = ['OR', 'AND', 'NOT']
const LISTS = ['in', 'cidr']

/** A word, a value, or `name:`: up to a blank, parenthesis, pipe or quote; a backslash takes the next sign as it is. */
function bareToken(q: string, from: number, after: Place['after'], list: boolean): Token {
  const fieldAllowed = after === undefined && !list
  let star = false
  let to = from
  while (to < q.length && !/[\s()|"]/.test(q[to] ?? '') && !(list && q[to] === ',')) {
    if (q[to] === ':' && fieldAllowed && to > from && !star) return { kind: 'field', from, to: to + 1 }
    star ||= q[to] === '*'
    to += q[to] === '\\' ? 2 : 1
  }
  to = Math.min(to, q.length)
  const text = q.slice(from, to)
  if (after === 'field' && LISTS.includes(text) && q[to] === '(') return { kind: 'function', from, to }
  if (fieldAllowed && KEYWORDS.includes(text)) return { kind: 'keyword', from, to }
  return { kind: fieldAllowed ? 'word' : 'value', from, to }
}

function quoted(q: string, from: number, kind: Kind): Token {
  for (let to = from + 1; to < q.length; to += 1) {
    if (q[to] === '"') return { kind, from, to: to + 1 }
    if (q[to] === '\\' && (q[to + 1] === '"' || q[to + 1] === '\\')) to += 1
  }
  return { kind: 'unclosed', from, to: q.length }
}

/** Behind the closing slash, when it ends the word; else the slash is text, as in a path. */
function regexEnd(q: string, from: number): number | undefined {
  for (let to = from + 1; to < q.length; to += q[to] === '\\' ? 2 : 1) {
    if (q[to] !== '/') continue
    const next = q[to + 1]
    return next === undefined || /[\s()|]/.test(next) ? to + 1 : undefined
  }
  return undefined
}

const STAGE_WORDS = ['by', 'as', 'asc', 'desc']

/** Behind the first pipe there are names, functions, numbers and commas. */
function stageTokens(q: string, from: number): Token[] {
  const found: Token[] = []
  let begins = true
  for (let at = skipBlanks(q, from); at < q.length; ) {
    const token = stageToken(q, at, begins)
    found.push(token)
    begins = token.kind === 'pipe'
    at = skipBlanks(q, token.to)
  }
  return found
}

function stageToken(q: string, from: number, begins: boolean): Token {
  const first = q[from] ?? ''
  if (first === '|') return { kind: 'pipe', from, to: from + 1 }
  if ('(),'.includes(first)) return { kind: 'sign', from, to: from + 1 }
  if (first === '"') return quoted(q, from, 'quoted')
  const text = /^[^\s|(),"]+/.exec(q.slice(from))?.[0] ?? first
  const to = from + text.length
  return { kind: stageKind(text, q[to], begins), from, to }
}

function stageKind(text: string, next: string | undefined, begins: boolean): Kind {
  if (begins) return 'stage'
  if (next === '(') return 'function'
  if (STAGE_WORDS.includes(text)) return 'keyword'
  return /^-?\d/.test(text) ? 'value' : 'field'
}

function skipBlanks(q: string, from: number): number {
  let at = from
  while (at < q.length && /\s/.test(q[at] ?? '')) at += 1
  return at
}
