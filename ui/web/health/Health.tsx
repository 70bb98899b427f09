// The Health page: what is wrong, since when, what it takes with it; and how everything else is.

import { useEffect, useMemo, useState } from 'react'
import { coverageSentence, rangeWords } from '../logs/words'
import type { Board, ComponentHealth } from '../model/health'
import { AROUND_TIME_MS, HEALTH_POLL_MS, HEALTH_STALE_MS, SKELETON_AFTER_MS } from '../model/limits'
import { shortener } from '../model/names'
import { termOf } from '../model/query'
import { rfc3339 } from '../model/time'
import { wallText } from '../model/zone'
import { Frame } from '../parts/Frame'
import { go } from '../state/address'
import { announce } from '../state/announce'
import { useKeys } from '../state/useKeys'
import { changeBesides, useBesides, useView } from '../state/useView'
import { parseView, type View, viewHref } from '../state/view'
import { traceHref } from '../traces/address'
import { Answer } from './Answer'
import { Band } from './Band'
import { Absent, Failed, Skeleton } from './Absent'
import { groupsOf, inOrder, stepped } from './groups'
import './health.css'
import { type Sentence, sentenceOf } from './sentence'
import { Side } from './Side'
import { Table } from './Table'
import { type Told, useBoard } from './useBoard'
import { staleWords } from './words'

export function Health() {
  const view = useView()
  const { told, ask } = useBoard(view)
  const { board, coverage, fault } = told
  const ageMs = useAge(told)
  const late = coverage.lagging.length
  const stale = board !== undefined && ageMs >= HEALTH_STALE_MS
  const fresh = stale ? staleWords(ageMs, HEALTH_POLL_MS) : late > 0 ? `${late} node${late === 1 ? '' : 's'} late` : undefined
  const detail = stale ? `The server has not answered since ${wallText(told.cameMs, view.zone).slice(11, 19)}.` : coverageSentence(coverage, view.zone)
  const slow = useSlow(board === undefined && fault === undefined)
  return (
    <Frame range={rangeWords(view, Date.now())} fresh={fresh} freshDetail={detail} commands={[{ name: 'Ask again', what: 'action', run: ask }]}>
      {board !== undefined && (board.components.length > 0 || board.nodes.length > 0) ? (
        <Shown told={told} view={view} />
      ) : board !== undefined ? (
        <Absent view={view} />
      ) : fault !== undefined ? (
        <Failed fault={fault} onAgain={ask} />
      ) : slow ? (
        <Skeleton />
      ) : null}
    </Frame>
  )
}

/** How long ago the board came; looked at as often as it is asked for. */
function useAge({ cameMs, board }: Told): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), HEALTH_POLL_MS)
    return () => clearInterval(timer)
  }, [])
  return board === undefined ? 0 : Math.max(now - cameMs, 0)
}

function useSlow(waiting: boolean): boolean {
  const [slow, setSlow] = useState(false)
  useEffect(() => {
    if (!waiting) return setSlow(false)
    const timer = setTimeout(() => setSlow(true), SKELETON_AFTER_MS)
    return () => clearTimeout(timer)
  }, [waiting])
  return slow
}

function Shown({ told, view }: { told: Told; view: View }) {
  const { board, former } = told
  const chosen = useBesides().get('component') ?? undefined
  const names = board?.components.map(({ component }) => component).join('\n') ?? ''
  const shorten = useMemo(() => shortener(names.split('\n')), [names])
  if (board === undefined) throw new Error('a board is shown only when there is one')
  const clock = (ms: number) => wallText(ms, view.zone).slice(11, 16)
  const sentence = sentenceOf(board, clock)
  const rows = inOrder(groupsOf(board.components))
  const choose = (component: string | undefined) => changeBesides({ component }, {}, 'replace')
  const open = (health: ComponentHealth) => go(linesOf(view, health.component))
  const opened = rows.find(({ component }) => component === chosen)
  useKeys({
    j: () => choose(stepped(rows, chosen, 1)),
    k: () => choose(stepped(rows, chosen, -1)),
    Enter: opened === undefined ? undefined : () => open(opened),
    Escape: chosen === undefined ? undefined : () => choose(undefined),
  })
  useSaid(sentence)
  return (
    <div className={former ? 'health former' : 'health'}>
      <Answer
        sentence={sentence}
        shorten={shorten}
        logsOf={(component) => linesOf(view, component)}
        firstError={({ component, sinceMs }) => firstError(view, component, sinceMs)}
        traceOf={(id) => traceHref(view, id)}
      />
      <Band board={board} badSinceMs={failingSince(board)} clock={clock} />
      <div className="below">
        <div className="board-place scroll">
          <Table board={board} shorten={shorten} clock={clock} chosen={chosen} logsOf={({ component }) => linesOf(view, component)} onChoose={choose} onOpen={open} />
        </div>
        <Side board={board} shorten={shorten} clock={clock} logsAround={(component, ms) => linesAround(view, component, ms)} />
      </div>
    </div>
  )
}

/** Since when the first of those that fail does. */
function failingSince({ components }: Board): number | undefined {
  const since = components.flatMap(({ state, sinceMs }) => (state === 'failing' && sinceMs !== undefined ? [sinceMs] : []))
  return since.length === 0 ? undefined : Math.min(...since)
}

/** What is wrong is said aloud when it changes, and not each time it is asked for. */
function useSaid({ pieces, lead }: Sentence): void {
  const said = pieces.map((piece) => ('text' in piece ? piece.text : piece.component)).join('')
  const bad = lead !== undefined
  useEffect(() => announce(said, bad ? 'error' : 'news'), [said, bad])
}

function linesOf({ from, to, zone }: View, component: string): string {
  return viewHref({ ...parseView(''), q: termOf('component', component, false), from, to, zone })
}

/** Its errors from shortly before it began to fail, the oldest first. */
function firstError({ from, to, zone }: View, component: string, sinceMs: number | undefined): string {
  const q = `severity:>=error ${termOf('component', component, false)}`
  const begin = sinceMs === undefined ? from : rfc3339(sinceMs - AROUND_TIME_MS)
  return viewHref({ ...parseView(''), q, from: begin, to, zone })
}

function linesAround({ zone }: View, component: string, timeMs: number): string {
  const range = { from: rfc3339(timeMs - AROUND_TIME_MS), to: rfc3339(timeMs + AROUND_TIME_MS) }
  return viewHref({ ...parseView(''), q: termOf('component', component, false), ...range, zone })
}
