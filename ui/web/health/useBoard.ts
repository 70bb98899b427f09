// Asks for the board again and again, quietly: what is shown stays until what is newer has come.

import { useEffect, useState } from 'react'
import { type Fault, toFault } from '../api/client'
import { health } from '../api/health'
import { COMPLETE, type Coverage } from '../model/coverage'
import type { Board } from '../model/health'
import { HEALTH_POLL_MS } from '../model/limits'
import { nowMs } from '../state/now'
import { absolute, TO_DEFAULT, type View } from '../state/view'

export interface Told {
  readonly board: Board | undefined
  readonly coverage: Coverage
  /** When the board came, by this browser's clock. */
  readonly cameMs: number
  /** Why the last question was not answered. */
  readonly fault: Fault | undefined
  /** What was asked last was another range. */
  readonly former: boolean
}

const NOTHING: Told = { board: undefined, coverage: COMPLETE, cameMs: 0, fault: undefined, former: false }

export function useBoard({ from, to }: Pick<View, 'from' | 'to'>): { readonly told: Told; ask(): void } {
  const [told, setTold] = useState(NOTHING)
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    const asking = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    setTold((told) => ({ ...told, former: told.board !== undefined }))
    const ask = async () => {
      try {
        const now = nowMs()
        const range = { from: absolute(from, now), to: to === TO_DEFAULT ? to : absolute(to, now) }
        const { board, coverage } = await health(range, asking.signal)
        setTold({ board, coverage, cameMs: Date.now(), fault: undefined, former: false })
      } catch (error) {
        if (asking.signal.aborted) return
        setTold((told) => ({ ...told, fault: toFault(error) }))
      }
      if (!asking.signal.aborted) timer = setTimeout(() => void ask(), HEALTH_POLL_MS)
    }
    void ask()
    return () => {
      clearTimeout(timer)
      asking.abort()
    }
  }, [from, to, turn])
  return { told, ask: () => setTurn((turn) => turn + 1) }
}
