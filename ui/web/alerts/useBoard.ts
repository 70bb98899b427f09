// Asks for what fires, the rules and the silences again and again, quietly: what is shown stays until what is
// newer has come.

import { useEffect, useState } from 'react'
import { alerts, rules, silences } from '../api/alerts'
import { type Fault, toFault } from '../api/client'
import type { Alert, Rule, Silence } from '../model/alert'
import { ALERTS_POLL_MS } from '../model/limits'
import { tellFiring } from '../state/firing'

export interface Board {
  /** What fires first, then by when it began. */
  readonly alerts: readonly Alert[]
  /** By name; those that cannot be evaluated first. */
  readonly rules: readonly Rule[]
  readonly silences: readonly Silence[]
  readonly cameMs: number
}

export interface Told {
  readonly board: Board | undefined
  /** Why the last question was not answered. */
  readonly fault: Fault | undefined
}

export function useBoard(): { readonly told: Told; ask(): void } {
  const [told, setTold] = useState<Told>({ board: undefined, fault: undefined })
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    const asking = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const ask = async () => {
      try {
        const board = await askBoard(asking.signal)
        if (!asking.signal.aborted) setTold({ board, fault: undefined })
      } catch (error) {
        if (asking.signal.aborted) return
        setTold(({ board }) => ({ board, fault: toFault(error) }))
      }
      if (!asking.signal.aborted) timer = setTimeout(() => void ask(), ALERTS_POLL_MS)
    }
    void ask()
    return () => {
      clearTimeout(timer)
      asking.abort()
    }
  }, [turn])
  return { told, ask: () => setTurn((turn) => turn + 1) }
}

async function askBoard(signal: AbortSignal): Promise<Board> {
  const [firing, kept, mutes] = await Promise.all([alerts(signal), rules(signal), silences(signal)])
  tellFiring(firing)
  const rank = ({ state, severity, muted }: Alert) => (state === 'firing' ? 0 : 4) + (muted === undefined ? 0 : 2) + (severity === 'critical' ? 0 : 1)
  const first = ({ failing }: Rule) => (failing === undefined ? 1 : 0)
  return {
    alerts: firing.toSorted((a, b) => rank(a) - rank(b) || a.sinceMs - b.sinceMs || a.id.localeCompare(b.id)),
    rules: kept.toSorted((a, b) => first(a) - first(b) || a.name.localeCompare(b.name)),
    silences: mutes.toSorted((a, b) => b.toMs - a.toMs),
    cameMs: Date.now(),
  }
}
