// Asks the server what may stand at the caret. Each keystroke gives up the question of the one before; a
// question that fails offers nothing, since typing must never be disturbed.

import { useCallback, useEffect, useRef, useState } from 'react'
import { complete } from '../../api/client'
import { charactersBefore, type Offer, offered } from './completion'

interface Range {
  readonly from: string
  readonly to: string
}

export function useCompletion(range: Range | undefined) {
  const { from, to } = range ?? {}
  const [offer, setOffer] = useState<Offer>()
  /** The query that the offer was made for. */
  const [offeredFor, setOfferedFor] = useState('')
  const asked = useRef<AbortController>(undefined)
  const close = useCallback(() => {
    asked.current?.abort()
    setOffer(undefined)
  }, [])
  /** `chosen`: somebody asked for it, so that the first item is the one that Enter takes. */
  const open = useCallback(
    async (q: string, caretUnits: number, chosen: boolean) => {
      asked.current?.abort()
      if (from === undefined || to === undefined) return
      const abort = new AbortController()
      asked.current = abort
      const completion = await complete(q, charactersBefore(q, caretUnits), { from, to }, abort.signal).catch(() => undefined)
      if (abort.signal.aborted) return
      setOfferedFor(q)
      const items = completion === undefined ? [] : offered(q, completion, chosen)
      if (completion === undefined || items.length === 0) setOffer(undefined)
      else setOffer({ completion, items, active: chosen ? 0 : undefined })
    },
    [from, to],
  )
  /** Chooses from what is shown for `q`; an answer that is still under way would take the choice away. */
  const activate = useCallback((shown: Offer, q: string, active: number | undefined) => {
    asked.current?.abort()
    setOfferedFor(q)
    setOffer({ ...shown, active })
  }, [])
  useEffect(() => () => asked.current?.abort(), [])
  return { offer, offeredFor, open, close, activate }
}
