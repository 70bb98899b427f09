// What a row says of a record: its columns' values, its message squeezed or wrapped, the searched words
// marked. Pure.

import type { Segment } from '../model/ansi'
import { blockSegments, lineSegments, oneLine, seen } from '../model/message'
import type { Json, LogRecord } from '../model/record'
import { squeeze } from '../model/squeeze'
import { MONTHS, type Nanos, millis } from '../model/time'
import { tokens } from '../model/tokens'
import { wallClock, type Zone } from '../model/zone'

/** A piece of a message: `cause` is what a squeezed message is about, `marked` a searched word. */
export interface Piece {
  readonly text: string
  readonly className: string
  readonly marked: boolean
}

export function messagePieces(message: string, chars: number, wrap: boolean, terms: RegExp | undefined): readonly Piece[] {
  const squeezed = wrap ? undefined : squeeze(oneLine(message), chars)
  if (squeezed !== undefined) {
    const segments = [
      { text: squeezed.head, className: '' },
      { text: '⋯ ', className: 'cut-out' },
      { text: squeezed.cause, className: 'cause' },
    ]
    return segments.flatMap((segment) => pieces(segment, terms))
  }
  return (wrap ? blockSegments(message) : lineSegments(message)).flatMap((segment) => pieces(segment, terms))
}

export function pieces({ text, className }: Segment, terms: RegExp | undefined): readonly Piece[] {
  if (terms === undefined) return text === '' ? [] : [{ text, className, marked: false }]
  return text
    .split(terms)
    .map((part, n) => ({ text: part, className, marked: n % 2 === 1 }))
    .filter((part) => part.text !== '')
}

/** What finds the words that a query looks for in messages; nothing when it looks for none. */
export function searched(q: string): RegExp | undefined {
  const words: string[] = []
  const all = tokens(q)
  for (const [at, { kind, from, to }] of all.entries()) {
    if (kind === 'pipe') break
    const before = all[at - 1]
    const sign = before === undefined ? '' : q.slice(before.from, before.to)
    const inMessage = kind === 'word' || kind === 'quoted' || (kind === 'value' && sign === 'message:')
    if (!inMessage || sign === '-' || sign === 'NOT') continue
    const written = q.slice(from, to)
    const bare = written.startsWith('"') ? written.slice(1).replace(/"$/, '') : written
    const word = bare.replace(/\\(.)/g, '$1').replaceAll('*', '')
    if (word !== '') words.push(word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  }
  return words.length === 0 ? undefined : new RegExp(`(${words.join('|')})`, 'gi')
}

/** A field's value as a column shows it; empty when the record has none. */
export function columnText(record: LogRecord, name: string): string {
  const value = columnValue(record, name)
  if (value === undefined || value === null) return ''
  return seen(typeof value === 'string' ? value : JSON.stringify(value)).replaceAll('\n', ' ⏎ ')
}

function columnValue({ raw }: LogRecord, name: string): Json | undefined {
  if (Object.hasOwn(raw, name)) return raw[name]
  return path(raw.attributes, name.replace(/^attributes\./, ''))
}

/** A name with dots is a name or a path: the longest name that is there is taken first. */
function path(value: Json | undefined, name: string): Json | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const object = value as { readonly [key: string]: Json }
  if (Object.hasOwn(object, name)) return object[name]
  for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
    const inner = Object.hasOwn(object, name.slice(0, dot)) ? path(object[name.slice(0, dot)], name.slice(dot + 1)) : undefined
    if (inner !== undefined) return inner
  }
  return undefined
}

/** `29 Jan` */
export function dayOf(time: Nanos, zone: Zone): string {
  const date = wallClock(millis(time), zone)
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`
}
