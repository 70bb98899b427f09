// The Paths page: which services call which, along which paths the traces of an entry go, and who owns their
// time.

import { useMemo } from 'react'
import { Failed } from '../logs/Failed'
import { rangeWords } from '../logs/words'
import { type Shorten, shortener } from '../model/names'
import { Frame } from '../parts/Frame'
import { State } from '../parts/State'
import { useSearch } from '../state/useAddress'
import { type Question, useQuestion } from '../state/question'
import { useView } from '../state/useView'
import { parseChosen } from './address'
import { Entries } from './Entries'
import { Graph } from './Graph'
import { Owners } from './Owners'
import { PathList } from './PathList'
import './paths.css'
import { type Entry, type Overview, useOverview, usePathsOf } from './usePaths'
import { answerOf, type Path } from './words'

interface ShownProps {
  readonly overview: Overview
  readonly question: Question
  readonly range: string
}

interface AnswerProps {
  readonly open: Path
  readonly entry: Pick<Entry, 'service' | 'operation'>
  readonly shorten: Shorten
}

export function Paths() {
  const view = useView()
  const { question, ask } = useQuestion({ ...view, q: '' })
  const overview = useOverview(question)
  const nowMs = Date.parse(question.to) || Date.now()
  const range = rangeWords(view, nowMs)
  const fault = overview.phase === 'failed' ? overview.fault : undefined
  return (
    <Frame range={range}>
      <div className={overview.phase === 'loading' ? 'paths former' : 'paths'}>
        {fault !== undefined && <Failed fault={fault} view={view} onAgain={ask} />}
        {fault === undefined && overview.answer !== undefined && <Shown overview={overview.answer} question={question} range={range} />}
      </div>
    </Frame>
  )
}

function Shown({ overview, question, range }: ShownProps) {
  const { graph, entries } = overview
  const asked = parseChosen(useSearch())
  const entry = asked ?? entries[0]
  const { answer: found, fault } = usePathsOf(entry, question)
  const shorten = useMemo(() => shortener(graph.nodes.map(({ service }) => service)), [graph])
  if (entry === undefined || graph.nodes.length === 0) return <NoTraces range={range} />
  const open = found?.paths.find(({ id }) => id === asked?.path) ?? found?.paths[0]
  return (
    <>
      <p className="answer">{open === undefined ? '' : <Answer open={open} entry={entry} shorten={shorten} />}</p>
      <Graph graph={graph} shorten={shorten} />
      <div className="below">
        <Entries entries={entries} chosen={entry} shorten={shorten} />
        {fault !== undefined ? (
          <p className="data bad" role="alert">
            {fault.message}
          </p>
        ) : (
          <PathList found={found} entry={entry} open={open} shorten={shorten} />
        )}
        {open !== undefined && <Owners path={open} entry={entry} shorten={shorten} />}
      </div>
    </>
  )
}

function Answer({ open, entry, shorten }: AnswerProps) {
  const [strong, rest] = answerOf(open, `${shorten(entry.service)} ${entry.operation}`, shorten)
  return (
    <>
      {strong}
      <span className="ink2">{rest}</span>
    </>
  )
}

function NoTraces({ range }: { range: string }) {
  return (
    <State title={`No trace in ${range}.`} middle>
      <p className="ink2">Paths are drawn from spans. Point an OpenTelemetry SDK at port 4317 (gRPC) or 4318 (HTTP) of this server.</p>
    </State>
  )
}
