// Loads what a source wrote around a line, more of it when an end comes in sight.

import { useCallback, useEffect, useRef, useState } from 'react'
import { context, toFault } from '../api/client'
import { AROUND_ROWS } from '../model/limits'
import { placeOfKey } from './copies'
import { grown, NO_SURROUNDINGS, type Surroundings, type Wanted, wantedMore } from './surroundings'

export function useSurroundings(around: string): Surroundings & { more(first: number, last: number): void } {
  const [held, setHeld] = useState(NO_SURROUNDINGS)
  const asking = useRef(new AbortController())
  const busy = useRef(false)
  const load = useCallback(async (wanted: Wanted) => {
    if (busy.current) return
    busy.current = true
    const { signal } = asking.current
    const { source, position } = placeOfKey(wanted.key)
    try {
      const records = await context(source, position, wanted.before, wanted.after, signal)
      if (!signal.aborted) setHeld((now) => grown(now, records, wanted))
    } catch (error) {
      if (!signal.aborted) setHeld((now) => ({ ...now, fault: toFault(error), moreBefore: false, moreAfter: false }))
    }
    busy.current = false
  }, [])
  useEffect(() => {
    asking.current = new AbortController()
    busy.current = false
    setHeld(NO_SURROUNDINGS)
    void load({ key: around, before: AROUND_ROWS, after: AROUND_ROWS })
    return () => asking.current.abort()
  }, [around, load])
  const more = useCallback(
    (first: number, last: number) => {
      const wanted = wantedMore(held, first, last)
      if (wanted !== undefined) void load(wanted)
    },
    [held, load],
  )
  return { ...held, more }
}
