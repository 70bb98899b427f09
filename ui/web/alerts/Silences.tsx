// Silences: those that hold, those to come, those that are over; and one more is made here.

import { useState } from 'react'
import { endSilence } from '../api/alerts'
import { type Fault, toFault } from '../api/client'
import { capital, sentence } from '../logs/words'
import type { Alert, Silence } from '../model/alert'
import { seen } from '../model/message'
import { roundDuration } from '../model/time'
import type { Zone } from '../model/zone'
import { Mark } from '../parts/Mark'
import { writtenMatchers } from './matchers'
import { SilenceForm } from './SilenceForm'
import { momentWords } from './words'

export interface SilencesProps {
  readonly silences: readonly Silence[]
  readonly alerts: readonly Alert[]
  /** The matchers of the one that is written, as the address has them. */
  readonly written: string
  readonly zone: Zone
  readonly onChanged: () => void
}

export function Silences({ silences, alerts, written, zone, onChanged }: SilencesProps) {
  const [fault, setFault] = useState<Fault>()
  const end = async (id: string) => {
    setFault(undefined)
    try {
      await endSilence(id)
      onChanged()
    } catch (error) {
      setFault(toFault(error))
    }
  }
  return (
    <section className="silences scroll" aria-label="Silences">
      <SilenceForm written={written} zone={zone} onMade={onChanged} />
      {fault !== undefined && (
        <p className="data bad" role="alert">
          {capital(sentence(fault.message))}
        </p>
      )}
      {silences.length === 0 ? (
        <p className="ink2">Nothing is silenced.</p>
      ) : (
        <table className="entries-of-alerts">
          <thead>
            <tr>
              <th scope="col">State</th>
              <th scope="col">Alerts with</th>
              <th scope="col">From</th>
              <th scope="col">To</th>
              <th scope="col">Comment</th>
              <th scope="col">
                <span className="unseen">End</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {silences.map((silence) => (
              <Row key={silence.id} silence={silence} mutes={mutedBy(alerts, silence)} zone={zone} onEnd={() => void end(silence.id)} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}

function mutedBy(alerts: readonly Alert[], { id }: Silence): number {
  return alerts.filter(({ muted }) => muted?.by === 'silence' && muted.id === id).length
}

interface RowProps {
  readonly silence: Silence
  readonly mutes: number
  readonly zone: Zone
  readonly onEnd: () => void
}

function Row({ silence, mutes, zone, onEnd }: RowProps) {
  const { matchers, fromMs, toMs, comment } = silence
  const now = Date.now()
  const over = toMs <= now
  const state = over ? 'over' : fromMs > now ? `in ${roundDuration(fromMs - now)}` : `for ${roundDuration(toMs - now)}`
  return (
    <tr className={over ? 'ink3' : undefined}>
      <td>
        <Mark of={over ? 'plain' : 'silent'} />
        {state}
        {mutes > 0 && <span className="ink3"> mutes {mutes}</span>}
      </td>
      <td className="mono">{seen(writtenMatchers(matchers))}</td>
      <td className="ink2">{momentWords(fromMs, zone)}</td>
      <td className="ink2">{momentWords(toMs, zone)}</td>
      <td>{seen(comment)}</td>
      <td className="number">
        {!over && (
          <button type="button" className="act" aria-label={`End the silence of ${writtenMatchers(matchers)}`} onClick={onEnd}>
            End
          </button>
        )}
      </td>
    </tr>
  )
}
