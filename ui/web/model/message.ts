// What is shown of a message. The stored and the copied text stay whole; this is for reading only.
//
// - Terminal colours are styles, every other escape is gone (ansi.ts).
// - No character is left that acts instead of being seen: controls and the marks that turn the direction
//   of writing are written out as `\x07`, `\u202e`.

import { ansiSegments, type Segment, withoutEscapes } from './ansi'
import { JSON_CHARS_MAX, ROW_CHARS_MAX } from './limits'

const INNER = ['message', 'msg', '_msg', 'log', 'body'] as const
const LINE_BREAK = /\s*\r?\n\s*/g
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]/g

/** The message inside a line of JSON, when the line is one. */
export function innerMessage(message: string): string | undefined {
  if (!message.startsWith('{') || message.length > JSON_CHARS_MAX) return undefined
  let parsed: unknown
  try {
    parsed = JSON.parse(message)
  } catch {
    return undefined
  }
  const object = parsed as Record<string, unknown>
  for (const name of INNER) {
    const value = object[name]
    if (typeof value === 'string' && value !== '') return value
  }
  return undefined
}

/** One line of text: the inner message first, line breaks as ⏎. */
export function oneLine(message: string): string {
  return shownLine(withoutEscapes(ofRow(message)))
}

/** The same with its colours. */
export function lineSegments(message: string): readonly Segment[] {
  return ansiSegments(ofRow(message)).map(({ text, className }) => ({ text: shownLine(text), className }))
}

/** Several lines as they are, tabs as spaces so that every character is as wide as it counts. */
export function blockSegments(message: string): readonly Segment[] {
  const text = ofRow(message).trimEnd()
  return ansiSegments(text).map(({ text, className }) => ({ text: seen(text.replaceAll('\t', '    ')), className }))
}

/** A whole message for the detail: as long as it is, tabs and line breaks kept. */
export function wholeSegments(message: string): readonly Segment[] {
  return ansiSegments(message).map(({ text, className }) => ({ text: seen(text), className }))
}

/** How many lines of `chars` characters the row needs when it is wrapped, at most `max`. */
export function linesOf(message: string, chars: number, max: number): number {
  const text = blockSegments(message)
    .map((segment) => segment.text)
    .join('')
  let lines = 0
  for (const line of text.split('\n')) {
    lines += Math.max(1, Math.ceil(widthOf(line) / Math.max(1, chars)))
    if (lines >= max) return max
  }
  return lines
}

/** Controls written out; line breaks and tabs stay. */
export function seen(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(UNSEEN, writtenOut)
}

function ofRow(message: string): string {
  return (innerMessage(message) ?? message).slice(0, ROW_CHARS_MAX)
}

function shownLine(text: string): string {
  return text.replace(LINE_BREAK, ' ⏎ ').replace(UNSEEN, writtenOut)
}

function writtenOut(char: string): string {
  const code = char.charCodeAt(0)
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`
}

const WIDE = /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\ud800-\udbff][\udc00-\udfff]/g
const ASCII = /^[\u0020-\u007e]*$/

/** In characters of the fixed font; a CJK character or a symbol beyond the basic plane takes two. */
function widthOf(line: string): number {
  if (ASCII.test(line)) return line.length
  let width = line.length
  for (const [char] of line.matchAll(WIDE)) width += 2 - char.length
  return width
}
