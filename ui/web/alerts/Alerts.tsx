// The Alerts page: what fires, what has fired, the rules and what they would have said, silences, deliveries.

import { useEffect } from 'react'
import { Failed } from '../logs/Failed'
import { rangeWords } from '../logs/words'
import { staleWords } from '../health/words'
import type { Alert } from '../model/alert'
import { ALERTS_POLL_MS, HEALTH_STALE_MS } from '../model/limits'
import { wallText } from '../model/zone'
import { Frame } from '../parts/Frame'
import { announce } from '../state/announce'
import { go } from '../state/address'
import type { Command } from '../state/commands'
import { type Question, useQuestion } from '../state/question'
import { useKeys } from '../state/useKeys'
import { useBesides, useView } from '../state/useView'
import type { View } from '../state/view'
import { AlertDetail } from './AlertDetail'
import './alerts.css'
import { type Place, placeOf, show, type Shown } from './address'
import { Deliveries } from './Deliveries'
import { FIND_ID, History } from './History'
import { List } from './List'
import { matchersOf, writtenMatchers } from './matchers'
import { RuleEditor } from './RuleEditor'
import { Silences } from './Silences'
import { Tabs } from './Tabs'
import { type Board, useBoard } from './useBoard'
import { answerOf } from './words'

export function Alerts() {
  const view = useView()
  const { told, ask } = useBoard()
  const { question, ask: askAnew } = useQuestion({ ...view, q: '' })
  const { board, fault } = told
  const ageMs = board === undefined ? 0 : Date.now() - board.cameMs
  const stale = fault !== undefined && ageMs >= HEALTH_STALE_MS ? staleWords(ageMs, ALERTS_POLL_MS) : undefined
  const again = () => {
    ask()
    askAnew()
  }
  return (
    <Frame range={rangeWords(view, Date.now())} fresh={stale} freshDetail={fault?.message} commands={commandsOf(board, again)}>
      {board !== undefined ? (
        <Page board={board} view={view} question={question} onChanged={again} />
      ) : fault !== undefined ? (
        <Failed fault={fault} view={view} onAgain={again} />
      ) : null}
    </Frame>
  )
}

function commandsOf(board: Board | undefined, again: () => void): readonly Command[] {
  const rules = board?.rules ?? []
  return [
    { name: 'New rule', what: 'action', keys: 'n', run: () => show({ what: 'new rule' }) },
    { name: 'Silences', what: 'alerts', run: () => show({ what: 'silences' }) },
    { name: 'Deliveries', what: 'alerts', run: () => show({ what: 'deliveries' }) },
    { name: 'Ask again', what: 'action', run: again },
    ...rules.map(({ id, name }) => ({ name, what: 'rule', run: () => show({ what: 'rule', id }) })),
  ]
}

interface PageProps {
  readonly board: Board
  readonly view: View
  readonly question: Question
  /** A rule or a silence is another. */
  readonly onChanged: () => void
}

function Page({ board, view, question, onChanged }: PageProps) {
  const place = placeOf(useBesides())
  const clock = (ms: number) => wallText(ms, view.zone).slice(11, 16)
  const [strong, rest] = answerOf(board.alerts, board.rules, clock)
  const said = strong + rest
  const fires = board.alerts.some(({ state }) => state === 'firing')
  useEffect(() => announce(said, fires ? 'error' : 'news'), [said, fires])
  useAlertKeys(board, place.shown)
  return (
    <div className="alerts">
      <p className="answer">
        {strong}
        <span className="ink3">{rest}</span>
      </p>
      <div className="below">
        <List board={board} shown={place.shown} />
        <div className="shown">
          <Tabs shown={place.shown} silences={board.silences.filter(({ toMs }) => toMs > Date.now()).length} />
          <Right {...{ board, view, question, place, onChanged }} />
        </div>
      </div>
    </div>
  )
}

function Right({ board, view, question, place, onChanged }: PageProps & { readonly place: Place }) {
  const { shown, draft, find, matchers } = place
  if (shown.what === 'silences') return <Silences key={matchers} silences={board.silences} alerts={board.alerts} written={matchers} zone={view.zone} onChanged={onChanged} />
  if (shown.what === 'deliveries') return <Deliveries question={question} rules={board.rules} zone={view.zone} />
  if (shown.what === 'history') return <History question={question} view={view} find={find} />
  if (shown.what === 'new rule') return <RuleEditor key="" rule={undefined} draft={draft} question={question} view={view} onChanged={onChanged} />
  if (shown.what === 'rule') {
    const rule = board.rules.find(({ id }) => id === shown.id)
    if (rule === undefined) return <Gone>There is no rule {shown.id} any more.</Gone>
    return <RuleEditor key={rule.id} rule={rule} draft={draft} question={question} view={view} onChanged={onChanged} />
  }
  if (shown.what !== 'alert') return null
  const alert = board.alerts.find(({ id }) => id === shown.id)
  if (alert === undefined) return <Gone>This alert fires no more. What became of it stands in the history.</Gone>
  return <AlertDetail alert={alert} rule={board.rules.find(({ id }) => id === alert.rule)} question={question} view={view} onSilence={() => silence(alert)} />
}

function Gone({ children }: { children: React.ReactNode }) {
  return <p className="pad ink2">{children}</p>
}

/** The form of a silence, filled with what the alert says. */
function silence(alert: Alert): void {
  show({ what: 'silences' }, 'push', writtenMatchers(matchersOf(alert)))
}

function useAlertKeys({ alerts, rules }: Board, shown: Shown): void {
  const all: readonly Shown[] = [...alerts.map(({ id }) => ({ what: 'alert', id }) as const), ...rules.map(({ id }) => ({ what: 'rule', id }) as const)]
  const at = all.findIndex((one) => 'id' in one && 'id' in shown && one.what === shown.what && one.id === shown.id)
  const step = (by: number) => {
    const next = all[at < 0 && by < 0 ? all.length - 1 : at + by]
    if (next !== undefined) show(next, 'replace')
  }
  const alert = alerts[at]
  const link = alert?.link
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    n: () => show({ what: 'new rule' }),
    s: () => (alert === undefined ? show({ what: 'silences' }) : silence(alert)),
    '/': () => {
      show({ what: 'history' })
      requestAnimationFrame(() => document.getElementById(FIND_ID)?.focus())
    },
    Enter: link === undefined ? undefined : () => go(link),
    Escape: shown.what === 'history' ? undefined : () => show({ what: 'history' }),
  })
}
