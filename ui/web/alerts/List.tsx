// Beside what is shown: the alerts that fire or are about to, and the rules.

import type { Alert, Rule } from '../model/alert'
import { seen } from '../model/message'
import { roundDuration } from '../model/time'
import { Mark } from '../parts/Mark'
import { show, type Shown } from './address'
import type { Board } from './useBoard'
import { evaluatedWords, markOf, mutedWords, ruleWords, valueWords, whomWords } from './words'

export function List({ board, shown }: { board: Board; shown: Shown }) {
  const { alerts, rules, cameMs } = board
  // The worst comes first.
  const worst = (id: string) => alerts.find(({ rule, state }) => rule === id && state === 'firing')
  return (
    <aside className="listed scroll" aria-label="Alerts and rules">
      {alerts.length > 0 && (
        <section>
          <h2>Firing and pending</h2>
          <ul>
            {alerts.map((alert) => (
              <AlertRow key={alert.id} alert={alert} atMs={cameMs} on={shown.what === 'alert' && shown.id === alert.id} />
            ))}
          </ul>
        </section>
      )}
      <section>
        <h2>{rules.length === 1 ? '1 rule' : `${rules.length} rules`}</h2>
        <ul>
          {rules.map((rule) => (
            <RuleRow key={rule.id} rule={rule} firing={worst(rule.id)} on={shown.what === 'rule' && shown.id === rule.id} />
          ))}
        </ul>
      </section>
    </aside>
  )
}

function AlertRow({ alert, atMs, on }: { alert: Alert; atMs: number; on: boolean }) {
  const muted = mutedWords(alert.muted)
  const state = alert.state === 'pending' ? 'pending' : alert.severity
  return (
    <li>
      <button type="button" className={on ? 'item on' : 'item'} aria-current={on || undefined} onClick={() => show({ what: 'alert', id: alert.id })}>
        <Mark of={markOf(alert)} />
        <span className="cut">
          <span className={muted === undefined && alert.state === 'firing' ? 'strong' : 'ink2'}>{seen(alert.name)}</span> <span className="ink2">{whomWords(alert.labels)}</span>
        </span>
        <span className="ink3 data number">{roundDuration(Math.max(atMs - alert.sinceMs, 0))}</span>
        <span className="label cut second">
          {[muted, state, seen(alert.summary ?? alert.reason)].filter(Boolean).join(' · ')}
        </span>
        <span className="label number">{valueWords(alert.value)}</span>
      </button>
    </li>
  )
}

function RuleRow({ rule, firing, on }: { rule: Rule; firing: Alert | undefined; on: boolean }) {
  const dry = rule.body['dry_run'] === true
  return (
    <li>
      <button type="button" className={on ? 'item on' : 'item'} aria-current={on || undefined} onClick={() => show({ what: 'rule', id: rule.id })}>
        <Mark of={rule.failing !== undefined ? 'silent' : firing === undefined ? 'plain' : markOf(firing)} />
        <span className="strong cut">{seen(rule.name)}</span>
        <span className="ink3 data number">{dry ? 'dry run' : firing === undefined ? '' : 'fires'}</span>
        <span className={rule.failing === undefined ? 'label cut second' : 'label cut second bad'} title={ruleWords(rule)}>
          {ruleWords(rule)}
        </span>
        <span className="label number" title={evaluatedWords(rule, Date.now())}>every {String(rule.body['every'] ?? '1m')}</span>
      </button>
    </li>
  )
}
