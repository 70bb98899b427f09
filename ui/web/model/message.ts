// What a row shows of a message. The stored and the copied text stay whole; this is for reading only.

import { JSON_CHARS_MAX, ROW_CHARS_MAX } from './limits'

const INNER = ['message', 'msg', '_msg', 'log', 'body'] as const
const ESCAPE_SEQUENCE = /\u001b\[[0-9;?]*[ -/]*[@-~]/g
const LINE_BREAK = /\s*\r?\n\s*/g
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f]/g

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

/** One line of text: the inner message first, colours of a terminal left out, line breaks as ⏎. */
export function oneLine(message: string): string {
  return (innerMessage(message) ?? message)
    .slice(0, ROW_CHARS_MAX)
    .replace(ESCAPE_SEQUENCE, '')
    .replace(LINE_BREAK, ' ⏎ ')
    .replace(CONTROL, '·')
}
