// One alert: what it says, why, about whom, who is told of it, and what it did before.

import type { Alert, Rule } from '../model/alert'
import { seen } from '../model/message'
import { roundDuration } from '../model/time'
import { wallText } from '../model/zone'
import { Link } from '../parts/Link'
import { Mark } from '../parts/Mark'
import type { Question } from '../state/question'
import type { View } from '../state/view'
import { show } from './address'
import { Entries } from './History'
import { useHistory } from './useHistory'
import { markOf, mutedWords, titleOf, valueWords } from './words'

export interface AlertDetailProps {
  readonly alert: Alert
  readonly rule: Rule | undefined
  readonly question: Question
  readonly view: View
  readonly onSilence: () => void
}

export function AlertDetail({ alert, rule, question, view, onSilence }: AlertDetailProps) {
  const { past } = useHistory(question)
  const same = past.alerts.filter((other) => other.rule === alert.rule && titleOf(other) === titleOf(alert))
  return (
    <section className="detail-of-alert scroll" aria-label="Alert">
      <div className="row head">
        <Mark of={markOf(alert)} />
        <h2 className="title cut">{titleOf(alert)}</h2>
        <span className="ink3 data">{alert.state === 'pending' ? 'pending' : alert.severity}</span>
        <span className="grow" />
        <button type="button" className="tool edge" title="Silence: s" onClick={onSilence}>
          Silence
        </button>
        {alert.link !== undefined && (
          <Link className="tool primary" title="Enter" href={alert.link}>
            What it is about
          </Link>
        )}
      </div>
      {alert.summary !== undefined && <p className="told">{seen(alert.summary)}</p>}
      <Facts alert={alert} rule={rule} view={view} />
      {same.length > 0 && (
        <>
          <h2>In this range</h2>
          <Entries alerts={same} view={view} />
        </>
      )}
    </section>
  )
}

function Facts({ alert, rule, view }: Pick<AlertDetailProps, 'alert' | 'rule' | 'view'>) {
  const { muted, sinceMs, labels, value, reason, complete, runbook } = alert
  return (
    <dl className="facts-of-alert">
      <dt>Since</dt>
      <dd>
        {wallText(sinceMs, view.zone).slice(0, 19)} <span className="ink3">for {roundDuration(Math.max(Date.now() - sinceMs, 0))}</span>
      </dd>
      <dt>Value</dt>
      <dd>
        {valueWords(value)} <span className="ink3">{seen(reason)}</span>
      </dd>
      {!complete && (
        <>
          <dt>Told from</dt>
          <dd className="warn">an answer that was not complete: a part of the data was late or missing</dd>
        </>
      )}
      {muted !== undefined && (
        <>
          <dt>Nobody told</dt>
          <dd>{muted.by === 'rule' ? <RuleLink id={muted.id}>{mutedWords(muted)}</RuleLink> : mutedWords(muted)}</dd>
        </>
      )}
      {Object.entries(labels).map(([name, said]) => (
        <Fact key={name} name={name} said={said} />
      ))}
      <dt>Rule</dt>
      <dd>{rule === undefined ? seen(alert.rule) : <RuleLink id={rule.id}>{seen(rule.name)}</RuleLink>}</dd>
      {runbook !== undefined && (
        <>
          <dt>Runbook</dt>
          <dd>
            <a className="act" href={runbook} rel="noreferrer">
              {seen(runbook)}
            </a>
          </dd>
        </>
      )}
    </dl>
  )
}

function Fact({ name, said }: { name: string; said: string }) {
  return (
    <>
      <dt>{seen(name)}</dt>
      <dd>{seen(said)}</dd>
    </>
  )
}

function RuleLink({ id, children }: { id: string; children: React.ReactNode }) {
  return (
    <button type="button" className="act" onClick={() => show({ what: 'rule', id })}>
      {children}
    </button>
  )
}
