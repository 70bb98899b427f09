// What became of notices, the newest first: taken, or given up and why.

import { deliveries } from '../api/alerts'
import { capital, count, sentence } from '../logs/words'
import type { Delivery, Rule } from '../model/alert'
import { seen } from '../model/message'
import { wallText, type Zone } from '../model/zone'
import { Mark } from '../parts/Mark'
import type { Question } from '../state/question'
import { useAsked } from '../state/useAsked'
import { dayWords, titleOf } from './words'

interface DeliveriesProps {
  readonly question: Question
  readonly rules: readonly Rule[]
  readonly zone: Zone
}

export function Deliveries({ question, rules, zone }: DeliveriesProps) {
  const { answer, fault } = useAsked(`${question.turn}`, deliveries)
  const nobody = rules.every(({ body }) => !Array.isArray(body['notify']) || body['notify'].length === 0)
  return (
    <section className="deliveries scroll" aria-label="Deliveries">
      {fault !== undefined && (
        <p className="data bad" role="alert">
          {capital(sentence(fault.message))}
        </p>
      )}
      {answer?.length === 0 && (
        <p className="ink2">
          Nobody has been told of anything yet.
          {nobody && ' No rule names a destination: add a [[notify]] table to the configuration file, and its name to a rule.'}
        </p>
      )}
      {answer !== undefined && answer.length > 0 && (
        <table className="entries-of-alerts">
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">Destination</th>
              <th scope="col">Said</th>
              <th scope="col">What became of it</th>
            </tr>
          </thead>
          <tbody>
            {answer.map((delivery) => (
              <Row key={`${delivery.id} ${delivery.destination}`} delivery={delivery} zone={zone} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}

function Row({ delivery, zone }: { delivery: Delivery; zone: Zone }) {
  const { destination, rule, timeMs, attempts, refusal, alerts } = delivery
  const tried = attempts === 1 ? '' : ` after ${count(attempts)} attempts`
  return (
    <tr>
      <td className="ink2">
        <span className="ink3">{dayWords(timeMs, zone)}</span> {wallText(timeMs, zone).slice(11, 19)}
      </td>
      <td>
        <Mark of={refusal === undefined ? 'plain' : 'warning'} />
        <span className="strong">{seen(destination)}</span>
      </td>
      <td>{alerts.length === 0 ? seen(rule) : alerts.map((alert) => `${titleOf(alert)} ${alert.state === 'resolved' ? 'ended' : 'fires'}`).join(', ')}</td>
      <td className={refusal === undefined ? 'ink3' : 'warn'}>{refusal === undefined ? `taken${tried}` : `given up${tried}: ${seen(refusal)}`}</td>
    </tr>
  )
}
