// What a query's filters say about fields: which values are asked for and which are kept out, and how a
// value is put in. Only terms that stand alone count, not those inside parentheses.

import { filterPart, hasOuterOr, pipeAt, termOf } from './query'
import { type Token, tokens } from './tokens'

export interface Term {
  readonly field: string
  readonly value: string
  readonly not: boolean
  /** The term's place in the query, with its minus and the AND that joins it. */
  readonly from: number
  readonly to: number
}

/** `component:seat`, `-node:"a b"`: whole values only, no patterns, comparisons or lists. Where an OR joins
 *  them, no single term decides, and none is told. */
export function terms(q: string): readonly Term[] {
  const all = tokens(filterPart(q))
  const found: Term[] = []
  let depth = 0
  for (const [i, token] of all.entries()) {
    const text = q.slice(token.from, token.to)
    if (token.kind === 'sign') depth += text === '(' ? 1 : text === ')' ? -1 : 0
    if (depth > 0) continue
    if (token.kind === 'keyword' && text === 'OR') return []
    const term = token.kind === 'field' ? termAt(q, all, i) : undefined
    if (term !== undefined) found.push(term)
  }
  return found
}

function termAt(q: string, all: readonly Token[], i: number): Term | undefined {
  const [field, value] = [all[i], all[i + 1]]
  if (field === undefined || value?.kind !== 'value' || value.from !== field.to) return undefined
  const written = q.slice(value.from, value.to)
  if (!written.startsWith('"') && written.includes('*')) return undefined
  const not = isNegation(q, all[i - 1])
  const begin = i - (not ? 1 : 0)
  const [before, after] = [all[begin - 1], all[i + 2]]
  const joined = isWord(q, before, 'AND') ? before : undefined
  const joins = joined === undefined && isWord(q, after, 'AND') ? after : undefined
  return {
    field: unescaped(q.slice(field.from, field.to - 1)),
    value: unquoted(written),
    not,
    from: (joined ?? all[begin] ?? field).from,
    to: (joins ?? value).to,
  }
}

function isNegation(q: string, token: Token | undefined): boolean {
  return isWord(q, token, 'NOT') || (token?.kind === 'sign' && q[token.from] === '-')
}

function isWord(q: string, token: Token | undefined, word: string): boolean {
  return token?.kind === 'keyword' && q.slice(token.from, token.to) === word
}

function unquoted(written: string): string {
  return written.startsWith('"') ? written.slice(1, -1).replace(/\\(["\\])/g, '$1') : unescaped(written)
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/gs, '$1')
}

/** Whether a filter asks for warnings by name: only then they are told apart. */
export function namesWarnings(q: string): boolean {
  const filter = filterPart(q)
  const all = tokens(filter)
  let field = ''
  return all.some(({ kind, from, to }) => {
    const text = filter.slice(from, to)
    if (kind === 'field') field = text
    else if (kind !== 'value' && kind !== 'sign' && kind !== 'function') field = ''
    return kind === 'value' && field === 'severity:' && text.replaceAll('"', '').toLowerCase() === 'warn'
  })
}


/** The query that asks for a value of a field, or keeps it out, before its first pipe. What contradicts that
 *  gives way: of one field one value is asked for, and none is asked for and kept out. */
export function withTerm(q: string, field: string, value: string, not: boolean): string {
  const free = without(q, (term) => term.field === field && (term.value === value || !(term.not || not)))
  const at = pipeAt(free) ?? free.length
  const filter = free.slice(0, at).trim()
  const before = filter === '*' ? '' : hasOuterOr(filter) ? `(${filter})` : filter
  return [before, termOf(field, value, not), free.slice(at).trim()].filter((part) => part !== '').join(' ')
}

/** The query without the terms that are to go. */
export function without(q: string, drop: (term: Term) => boolean): string {
  return terms(q).filter(drop).reduceRight(withoutTerm, q)
}

function withoutTerm(q: string, { from, to }: Term): string {
  return `${q.slice(0, from).trimEnd()} ${q.slice(to).trimStart()}`.trim()
}
