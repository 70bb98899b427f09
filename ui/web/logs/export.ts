// An export: the lines of the server's stream, as they are or as CSV, to a sink. A connection that breaks
// is taken up behind the last whole line, by its cursor. No DOM here: where the text goes is the sink's.

import { Fault } from '../api/client'
import { csvRow } from '../model/csv'
import { EXPORT_ATTEMPTS_MAX } from '../model/limits'
import type { Json } from '../model/record'

export type Format = 'ndjson' | 'csv'

export interface Sink {
  write(text: string): Promise<void>
  close(): Promise<void>
  abort(): Promise<void>
}

export interface Source {
  /** The stream behind a cursor; from the beginning without one. */
  open(cursor: string | undefined): Promise<Response>
  /** Waits before another attempt. */
  rest(attempt: number): Promise<void>
}

const COLUMNS = [
  'time',
  'component',
  'node',
  'instance',
  'stream',
  'severity',
  'message',
  'trace_id',
  'span_id',
  'attributes',
  'source',
  'position',
] as const

/** Answers when all is written; throws what ended it otherwise, after the sink was let go. */
export async function exportTo(sink: Sink, format: Format, source: Source, onLines: (written: number) => void): Promise<void> {
  try {
    if (format === 'csv') await sink.write(csvRow(COLUMNS))
    await allLines(source, async (lines, written) => {
      await sink.write(format === 'csv' ? lines.map(csvLine).join('') : `${lines.join('\n')}\n`)
      onLines(written)
    })
    await sink.close()
  } catch (error) {
    await sink.abort()
    throw error
  }
}

async function allLines(source: Source, take: (lines: readonly string[], written: number) => Promise<void>): Promise<void> {
  let cursor: string | undefined
  let written = 0
  for (let attempt = 0; ; ) {
    try {
      for await (const lines of wholeLines(await source.open(cursor))) {
        written += lines.length
        await take(lines, written)
        cursor = cursorOf(lines.at(-1) ?? '')
        attempt = 0
      }
      return
    } catch (error) {
      attempt += 1
      if (!mayComeBack(error) || attempt >= EXPORT_ATTEMPTS_MAX) throw error
      await source.rest(attempt)
    }
  }
}

/** Throws at the end when the last line has none: the stream broke off. */
async function* wholeLines(response: Response): AsyncGenerator<readonly string[]> {
  if (response.body === null) return
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  let begun = ''
  for (;;) {
    const { done, value } = await reader.read()
    begun += decoder.decode(value, { stream: !done })
    const end = begun.lastIndexOf('\n')
    if (end >= 0) {
      yield begun.slice(0, end).split('\n')
      begun = begun.slice(end + 1)
    }
    if (!done) continue
    if (begun !== '') throw new BrokeOff()
    return
  }
}

class BrokeOff extends Error {}

/** What the server refuses it will refuse again; a sink that is full stays full. */
function mayComeBack(error: unknown): boolean {
  if (error instanceof Fault) return ['unreachable', 'unavailable', 'busy'].includes(error.code)
  return error instanceof BrokeOff || error instanceof TypeError
}

function cursorOf(line: string): string | undefined {
  const { cursor } = JSON.parse(line) as { readonly cursor?: string }
  return cursor
}

/** A record as `nilometer export --output csv` writes it. */
function csvLine(line: string): string {
  const record = JSON.parse(line) as { readonly [key: string]: Json | undefined }
  return csvRow(COLUMNS.map((name) => record[name]))
}
