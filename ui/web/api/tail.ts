// The live stream of new lines. The browser opens it again by itself when it breaks; each `ready` means
// "what you show may have a hole before this: ask for the newest page again".

import { toRecord, type WireRecord } from './wire'
import type { LogRecord } from '../model/record'
import { queryString } from './request'

export interface TailListener {
  ready(): void
  records(records: readonly LogRecord[]): void
  /** The server let go of so many lines because this client was slow. */
  skipped(count: number): void
  /** `final`: it will not come back by itself; ask with a search why. */
  lost(final: boolean): void
}

/** Opens the stream; the answer closes it. Lines are handed on once per frame. */
export function openTail(q: string, listener: TailListener): () => void {
  const stream = new EventSource(`/api/v1/logs/tail${queryString({ q })}`)
  let batch: LogRecord[] = []
  let timer: ReturnType<typeof setTimeout> | undefined
  const flush = () => {
    timer = undefined
    const records = batch
    batch = []
    listener.records(records)
  }
  stream.addEventListener('ready', () => listener.ready())
  stream.addEventListener('record', (event: MessageEvent<string>) => {
    batch.push(toRecord(JSON.parse(event.data) as WireRecord))
    timer ??= setTimeout(flush, FRAME_MS)
  })
  stream.addEventListener('skipped', (event: MessageEvent<string>) => {
    listener.skipped((JSON.parse(event.data) as { count: number }).count)
  })
  stream.addEventListener('error', () => listener.lost(stream.readyState === EventSource.CLOSED))
  return () => {
    stream.close()
    clearTimeout(timer)
  }
}

/** A timer and not a frame of animation: hidden tabs have no frames, and their lines must not pile up. */
const FRAME_MS = 16
