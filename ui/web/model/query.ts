// As much of the query language as is needed to put a term into a query: where its pipes begin, whether
// an OR joins what stands before them, and how a name and a value are written.

import { tokens } from './tokens'

/** Where the first pipe stands; nothing when the query only filters. A bar inside quotes or a regular
 *  expression is none. */
export function pipeAt(q: string): number | undefined {
  return tokens(q).find(({ kind }) => kind === 'pipe')?.from
}

export function hasPipe(q: string): boolean {
  return pipeAt(q) !== undefined
}

/** What stands before the first pipe: the part that every request but one understands. */
export function filterPart(q: string): string {
  return q.slice(0, pipeAt(q) ?? q.length).trim()
}

/** Whether an OR stands outside all parentheses, so that a further term would bind to its last part only. */
export function hasOuterOr(filter: string): boolean {
  let depth = 0
  for (const { kind, from, to } of tokens(filter)) {
    const text = filter.slice(from, to)
    if (kind === 'sign' && text === '(') depth += 1
    if (kind === 'sign' && text === ')') depth -= 1
    if (kind === 'keyword' && depth === 0 && text === 'OR') return true
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
