// The record that the address names: the one that was pressed, or, for a link from elsewhere, the one that
// the server gives by its name, wherever it lies.

import { useEffect, useState } from 'react'
import { context, type Fault, toFault } from '../api/client'
import type { LogRecord } from '../model/record'
import { placeOfKey } from './copies'

export interface Opened {
  readonly record: LogRecord | undefined
  /** It was fetched: the list has yet to find it. */
  readonly sought: boolean
  readonly fault: Fault | undefined
  /** Tells which record the address is about to name. */
  hold(record: LogRecord): void
}

export function useOpened(key: string | undefined): Opened {
  const [held, setHeld] = useState<LogRecord>()
  const [found, setFound] = useState<LogRecord>()
  const [fault, setFault] = useState<{ readonly key: string; readonly fault: Fault }>()
  const here = held?.key === key || found?.key === key
  useEffect(() => {
    if (key === undefined || here) return
    const asking = new AbortController()
    const { source, position } = placeOfKey(key)
    context(source, position, 0, 0, asking.signal).then(
      (records) => setFound(records.find((record) => record.key === key)),
      (error: unknown) => {
        if (!asking.signal.aborted) setFault({ key, fault: toFault(error) })
      },
    )
    return () => asking.abort()
  }, [key, here])
  const record = key === undefined ? undefined : held?.key === key ? held : found?.key === key ? found : undefined
  return {
    record,
    sought: record !== undefined && record === found,
    fault: fault !== undefined && fault.key === key && record === undefined ? fault.fault : undefined,
    hold: setHeld,
  }
}
