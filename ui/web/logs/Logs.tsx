// The Logs page: a question, its lines, one of them open; or the lines as they come; or what a source
// wrote around one of its lines.

import { useEffect, useState } from 'react'
import { TAIL_COUNT_MS } from '../model/limits'
import { filterPart, hasPipe } from '../model/query'
import { Frame } from '../parts/Frame'
import { useQuestion } from '../state/question'
import { changeView, useView } from '../state/useView'
import { TO_DEFAULT } from '../state/view'
import { Chart } from './chart/Chart'
import { useAllCounts, useCounts } from './chart/useCounts'
import { ExportDialog } from './ExportDialog'
import { Failed } from './Failed'
import { Facets } from './facets/Facets'
import { useFacets, useShorten } from './facets/useFacets'
import { Listing } from './Listing'
import './logs.css'
import { Patterns } from './patterns/Patterns'
import { QueryBar } from './query/QueryBar'
import { Table } from './table/Table'
import { useResult } from './table/useResult'
import { useFeed } from './useFeed'
import { useTimeline } from './useTimeline'
import { coverageSentence, freshness, rangeWords } from './words'

export function Logs() {
  const view = useView()
  const { question, ask } = useQuestion(view)
  const counts = useCounts(question)
  const all = useAllCounts(question)
  const piped = hasPipe(view.q)
  const result = useResult(piped ? question : undefined)
  // While the pipes cannot be read there are lines: what they would count is still to be seen.
  const tabled = piped && (result.fault?.column === undefined || result.table !== undefined)
  const patterned = view.show !== 'lines' && !view.tail && !tabled
  const listed = !view.tail && !tabled && !patterned
  const timeline = useTimeline(question, counts, listed)
  const feed = useFeed(view)
  useCountingOn(view.tail && !feed.feed.tail.paused, ask)
  const [exporting, setExporting] = useState(false)
  const [drawer, setDrawer] = useState(false)
  // A tail ends now: a range that ended earlier would hide what comes.
  const tail = () => changeView(view.tail ? { tail: false } : { tail: true, show: 'lines', to: TO_DEFAULT, around: undefined })

  const counted = counts.phase === 'ready' && counts.question.turn === question.turn
  const answered = counts.phase === 'failed' || (counted && (!listed || (timeline.counted && timeline.turn === question.turn)))
  const facets = useFacets(question, counts, answered)
  const shorten = useShorten(facets)
  const { coverage } = counts
  const answer = piped ? result : counts
  const fault = answer.phase === 'failed' ? answer.fault : undefined
  const nowMs = Date.parse(question.to) || Date.now()
  return (
    <Frame
      range={rangeWords(view, nowMs)}
      fresh={freshness(coverage, feed.feed.tail)}
      freshDetail={coverageSentence(coverage, view.zone)}
      commands={[
        { name: view.tail ? 'Stop tail' : 'Live tail', what: 'action', keys: 'l', run: tail },
        { name: 'Export', what: 'action', run: () => setExporting(true) },
        { name: 'Wrap lines', what: 'action', keys: 'w', run: () => changeView({ wrap: !view.wrap }) },
      ]}
    >
      <div className="logs">
        <div className="qbar">
          <QueryBar
            q={view.q}
            fault={fault?.column === undefined ? undefined : fault}
            running={answer.phase === 'loading'}
            range={question}
            onSearch={(q) => (q === view.q ? ask() : changeView({ q, open: undefined, around: undefined, brush: undefined }))}
          />
          <button type="button" className="tool edge" aria-pressed={view.tail} onClick={tail}>
            {view.tail ? 'Stop tail' : 'Live tail'} <kbd className="wide">l</kbd>
          </button>
          <button type="button" className="tool wide" onClick={() => setExporting(true)}>
            Export
          </button>
        </div>
        <Chart
          counts={counts}
          all={all}
          completeTo={coverage.complete ? undefined : coverage.completeTo}
          brush={view.brush}
          zone={view.zone}
          onBrush={(brush) => changeView({ brush })}
          onZoom={([from, to]) => changeView({ from, to, brush: undefined, tail: false })}
        />
        <div className="body">
          <Facets
            facets={facets}
            shorten={shorten}
            q={view.q}
            open={drawer}
            onClose={() => setDrawer(false)}
            onQuery={(q) => changeView({ q })}
          />
          {patterned ? (
            <Patterns
              view={view}
              question={question}
              shorten={shorten}
              total={counts.phase === 'ready' ? counts.total : undefined}
              onAgain={ask}
              onFacets={() => setDrawer(true)}
            />
          ) : !tabled ? (
            <Listing
              view={view}
              question={question}
              shorten={shorten}
              counts={counts}
              timeline={timeline}
              feed={feed}
              onAgain={ask}
              onTail={tail}
              onFacets={() => setDrawer(true)}
            />
          ) : fault !== undefined && fault.column === undefined ? (
            <Failed fault={fault} view={view} onAgain={ask} />
          ) : (
            <Table
              result={result}
              q={view.q}
              zone={view.zone}
              onQuery={(q) => changeView({ q })}
              onTime={(from, to) => changeView({ q: filterPart(view.q), from, to, brush: undefined })}
              onFacets={() => setDrawer(true)}
            />
          )}
        </div>
      </div>
      {exporting && (
        <ExportDialog
          asked={{ q: filterPart(question.q), from: question.from, to: question.to }}
          expected={counts.total}
          coverage={coverage}
          zone={view.zone}
          onClose={() => setExporting(false)}
        />
      )}
    </Frame>
  )
}

/** While lines come, the chart counts again from time to time. */
function useCountingOn(on: boolean, ask: () => void): void {
  useEffect(() => {
    if (!on) return
    const timer = setInterval(ask, TAIL_COUNT_MS)
    return () => clearInterval(timer)
  }, [on, ask])
}
