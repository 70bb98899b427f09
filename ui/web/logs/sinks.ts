// Where an export is written to: a file on the disk, chosen by a person, or, in browsers that cannot do
// that, the memory of this page, up to a limit, and from there a download.

import { EXPORT_HELD_BYTES_MAX } from '../model/limits'
import type { Format, Sink } from './export'

const TYPES: Readonly<Record<Format, string>> = { ndjson: 'application/x-ndjson', csv: 'text/csv' }

/** More than this page may hold; the command line can write it. */
export class TooMuchToHold extends Error {}

type SavePicker = (options: { suggestedName: string }) => Promise<{ createWritable(): Promise<WritableFile> }>

interface WritableFile {
  write(text: string): Promise<void>
  close(): Promise<void>
  abort(): Promise<void>
}

/** Nothing when the person chose no file. */
export async function openSink(name: string, format: Format): Promise<Sink | undefined> {
  const picker = (globalThis as { showSaveFilePicker?: SavePicker }).showSaveFilePicker
  if (picker === undefined) return heldSink(name, format)
  try {
    const file = await picker({ suggestedName: name })
    return await file.createWritable()
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return undefined
    throw error
  }
}

export function heldSink(name: string, format: Format, max = EXPORT_HELD_BYTES_MAX): Sink {
  let parts: Blob[] = []
  let bytes = 0
  return {
    async write(text) {
      const part = new Blob([text])
      bytes += part.size
      if (bytes > max) throw new TooMuchToHold()
      parts.push(part)
    },
    async close() {
      download(new Blob(parts, { type: TYPES[format] }), name)
      parts = []
    },
    async abort() {
      parts = []
    },
  }
}

function download(blob: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
