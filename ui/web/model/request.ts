// The request in which a line was written: as its source said it in fields, or else as the text of the line does
// (`trace_id=…`, `"traceId":"…"`), for a file has no fields beside its text. Pure.

import type { LogRecord } from './record'

export interface RequestNamed {
  readonly trace: string | undefined
  readonly span: string | undefined
}

const TRACE = /\btrace[_.-]?id["']?\s{0,2}[=:]\s{0,2}["']?([0-9a-f]{32})\b/i
const SPAN = /\bspan[_.-]?id["']?\s{0,2}[=:]\s{0,2}["']?([0-9a-f]{16})\b/i

/** So much of a line is looked through. */
const CHARS_MAX = 16_384

export function requestOf({ raw, message }: Pick<LogRecord, 'raw' | 'message'>): RequestNamed {
  const text = message.slice(0, CHARS_MAX)
  const trace = typeof raw.trace_id === 'string' ? raw.trace_id : idIn(text, TRACE)
  const span = typeof raw.span_id === 'string' ? raw.span_id : trace === undefined ? undefined : idIn(text, SPAN)
  return { trace, span }
}

function idIn(text: string, name: RegExp): string | undefined {
  return name.exec(text)?.[1]?.toLowerCase()
}

/** What finds the lines of a request: those that have its id as a field, and those that write it. */
export function linesQuery(trace: string): string {
  return `trace_id:${trace} OR ${trace}`
}
