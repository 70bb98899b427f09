// Loads what a source wrote around a line, more of it when an end comes in sight.

import { useCallback, useEffect, useRef, useState } from 'react'
import { context, toFault } from '../api/client'
import { AROUND_ROWS, AROUND_ROWS_MAX } from '../model/limits'
import { placeOfKey } from './copies'
import { grown, NO_SURROUNDINGS, type Surroundings } from './surroundings'

export function useSurroundings(around: string): Surroundings & { more(first: number, last: number): void } {
  const [held, setHeld] = useState(NO_SURROUNDINGS)
  const asking = useRef(new AbortController())
  const busy = useRef(false)
  const load = useCallback(async (key: string, before: number, after: number) => {
    if (busy.current) return
    busy.current = true
    const { signal } = asking.current
    const { source, position } = placeOfKey(key)
    try {
      const records = await context(source, position, before, after, signal)
      if (!signal.aborted) setHeld((now) => grown(now, records, { key, before, after }))
    } catch (error) {
      if (!signal.aborted) setHeld((now) => ({ ...now, fault: toFault(error), moreBefore: false, moreAfter: false }))
    }
    busy.current = false
  }, [])
  useEffect(() => {
    asking.current = new AbortController()
    busy.current = false
    setHeld(NO_SURROUNDINGS)
    void load(around, AROUND_ROWS, AROUND_ROWS)
    return () => asking.current.abort()
  }, [around, load])
  const { rows, moreBefore, moreAfter } = held
  const more = useCallback(
    (first: number, last: number) => {
      const [oldest, newest] = [rows[0], rows.at(-1)]
      if (oldest === undefined || newest === undefined || rows.length >= AROUND_ROWS_MAX) return
      if (moreBefore && first < AROUND_ROWS / 4) void load(oldest.key, AROUND_ROWS, 0)
      else if (moreAfter && last > rows.length - AROUND_ROWS / 4) void load(newest.key, 0, AROUND_ROWS)
    },
    [rows, moreBefore, moreAfter, load],
  )
  return { ...held, more }
}
