// What began to fire and what ended, the newest first: found by typed words, more of it by a press.

import { count, sentence, capital } from '../logs/words'
import type { Alert } from '../model/alert'
import { seen } from '../model/message'
import { roundDuration } from '../model/time'
import { wallText } from '../model/zone'
import { Link } from '../parts/Link'
import { Mark } from '../parts/Mark'
import type { Question } from '../state/question'
import type { View } from '../state/view'
import { find as findWords } from './address'
import { useHistory } from './useHistory'
import { dayWords, fits, markOf, valueWords, whomWords } from './words'

/** Where the words to find are typed. */
export const FIND_ID = 'find-in-history'

interface HistoryProps {
  readonly question: Question
  readonly view: View
  readonly find: string
}

export function History({ question, view, find }: HistoryProps) {
  const { past, more } = useHistory(question)
  const { alerts, cursor, phase, fault } = past
  const found = find === '' ? alerts : alerts.filter((alert) => fits(alert, find))
  return (
    <section className={phase === 'loading' && alerts.length > 0 ? 'history former' : 'history'} aria-label="History">
      <div className="row">
        <input
          id={FIND_ID}
          className="field"
          aria-label="Find in the history"
          placeholder="Find: a rule, a component, a state"
          autoComplete="off"
          spellCheck={false}
          value={find}
          onChange={(event) => findWords(event.target.value)}
          onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
        />
        <span className="ink3 data" role="status">
          {phase === 'ready' && countWords(found.length, alerts.length, find !== '', cursor !== undefined)}
        </span>
      </div>
      {fault !== undefined && (
        <p className="data bad" role="alert">
          {capital(sentence(fault.message))}
        </p>
      )}
      {phase === 'ready' && alerts.length === 0 && <p className="ink2">Nothing began to fire or ended in this range.</p>}
      <div className="scroll">
        {found.length > 0 && <Entries alerts={found} view={view} />}
        {cursor !== undefined && (
          <button type="button" className="act data" disabled={phase === 'loading'} onClick={more}>
            Earlier ones
          </button>
        )}
      </div>
    </section>
  )
}

function countWords(found: number, all: number, narrowed: boolean, more: boolean): string {
  const of = `${count(all)}${more ? ' newest' : ''} ${all === 1 ? 'change' : 'changes'}`
  return narrowed ? `${count(found)} of the ${of}` : of
}

/** Changes of alerts, each a link to what it was told from. */
export function Entries({ alerts, view }: { alerts: readonly Alert[]; view: View }) {
  return (
    <table className="entries-of-alerts">
      <thead>
        <tr>
          <th scope="col">Time</th>
          <th scope="col">Change</th>
          <th scope="col">Alert</th>
          <th scope="col" className="number">
            Value
          </th>
          <th scope="col" className="wide">
            Why
          </th>
        </tr>
      </thead>
      <tbody>
        {alerts.map((alert, at) => (
          <Entry key={`${alert.id} ${alert.state} ${at}`} alert={alert} view={view} />
        ))}
      </tbody>
    </table>
  )
}

function Entry({ alert, view }: { alert: Alert; view: View }) {
  const { state, sinceMs, untilMs, link, late } = alert
  const atMs = state === 'resolved' && !late ? (untilMs ?? sinceMs) : sinceMs
  const lasted = untilMs === undefined ? '' : ` after ${roundDuration(untilMs - sinceMs)}`
  const name = (
    <>
      <span className="strong">{seen(alert.name)}</span> <span className="ink2">{whomWords(alert.labels)}</span>
    </>
  )
  return (
    <tr>
      <td className="ink2">
        <span className="ink3">{dayWords(atMs, view.zone)}</span> {wallText(atMs, view.zone).slice(11, 19)}
      </td>
      <td>
        <Mark of={markOf(alert)} />
        {late ? `seen late, for ${roundDuration((untilMs ?? sinceMs) - sinceMs)}` : state === 'resolved' ? `ended${lasted}` : state === 'firing' ? 'fires' : state}
      </td>
      <td>{link === undefined ? name : <Link className="evidence" href={link} title="What it was told from">{name}</Link>}</td>
      <td className="number">{valueWords(alert.value)}</td>
      <td className="wide ink3" title={seen(alert.reason)}>
        {seen(alert.reason)}
        {!alert.complete && ' (not complete)'}
      </td>
    </tr>
  )
}
