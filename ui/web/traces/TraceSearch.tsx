// The Traces page: the answer in a sentence, the question, durations over time, and the traces themselves.

import { useMemo, useRef, useState } from 'react'
import { Failed } from '../logs/Failed'
import { QueryBar } from '../logs/query/QueryBar'
import { dayOf } from '../logs/rowText'
import { count, coverageSentence, rangeWords } from '../logs/words'
import { TRACES_MAX, TRACES_PAGE } from '../model/limits'
import { shortener } from '../model/names'
import { duration, millis, nanos } from '../model/time'
import { clockIn } from '../model/zone'
import { Frame } from '../parts/Frame'
import { Mark } from '../parts/Mark'
import { go } from '../state/address'
import { nowMs } from '../state/now'
import { useQuestion } from '../state/question'
import { useKeys } from '../state/useKeys'
import { toast } from '../state/toast'
import { changeBesides, useBesides, useView } from '../state/useView'
import { filtersOf, traceHref } from './address'
import { filter, FilterBar } from './FilterBar'
import { NothingFound } from './NothingFound'
import { Scatter } from './Scatter'
import { durationsOf, durationTerm, holds, type Part, partOf } from './scatter'
import { type TableHandle, TraceTable } from './TraceTable'
import './traces.css'
import { useNames } from './useNames'
import { useTraces, type Found } from './useTraces'
import { answerOf, traces } from './words'

export function TraceSearch() {
  const view = useView()
  const besides = useBesides()
  const filters = filtersOf(besides)
  const { question, ask } = useQuestion(view)
  const { found, more } = useTraces(question, filters)
  const names = useNames(question, filters.service)
  const band = besides.get('band')
  const part = useMemo(() => partOf(view.brush, band), [view.brush, band])
  const shown = useMemo(() => (part === undefined ? found.traces : found.traces.filter((trace) => holds(part, trace))), [found.traces, part])
  const shorten = useMemo(() => shortener([...names.services, ...found.traces.map(({ service }) => service)]), [names.services, found.traces])
  const answer = useMemo(() => answerOf(found.traces, found.more, filters.order, shorten), [found, filters.order, shorten])
  const axis = useMemo(() => durationsOf(found.traces), [found.traces])
  const table = useRef<TableHandle>(null)
  const [cursor, setCursor] = useState<{ readonly id: string }>()
  const chosen = cursor === undefined ? -1 : shown.findIndex(({ id }) => id === cursor.id)

  const choose = (row: number | undefined) => {
    const trace = row === undefined ? undefined : shown[row]
    if (row === undefined || trace === undefined) return
    setCursor(trace)
    table.current?.show(row)
  }
  const toError = (by: 1 | -1) => {
    for (let row = chosen + by; row >= 0 && row < shown.length; row += by) if ((shown[row]?.errors ?? 0) > 0) return choose(row)
    toast(by === 1 ? 'No further trace with errors' : 'No trace with errors before')
  }
  const leave = part === undefined ? undefined : () => changeBesides({ band: undefined }, { brush: undefined })
  const narrow = part === undefined ? undefined : () => narrowTo(part, view.brush)
  useKeys({
    j: () => choose(Math.min(shown.length - 1, chosen + 1)),
    k: () => choose(Math.max(0, chosen - 1)),
    Enter: chosen >= 0 ? () => go(traceHref(view, shown[chosen]?.id ?? '')) : narrow,
    Escape: leave,
    e: () => toError(1),
    E: () => toError(-1),
    o: () => filter({ order: filters.order === 'start' ? 'duration' : undefined }),
  })
  const fault = found.phase === 'failed' ? found.fault : undefined
  const nothing = found.phase === 'ready' && found.traces.length === 0
  const dated = spansDays(found, view.zone)
  return (
    <Frame
      range={rangeWords(view, nowMs())}
      fresh={found.coverage.lagging.length > 0 ? (found.coverage.lagging.length === 1 ? '1 node late' : `${found.coverage.lagging.length} nodes late`) : undefined}
      freshDetail={coverageSentence(found.coverage, view.zone)}
      commands={[
        { name: 'Traces with errors only', what: 'action', run: () => filter({ error: 'true' }) },
        { name: 'Slowest traces first', what: 'action', keys: 'o', run: () => filter({ order: 'duration' }) },
      ]}
    >
      <div className={found.phase === 'loading' && found.traces.length > 0 ? 'traces former' : 'traces'}>
        <h2 className="answer">
          {found.traces.length > 0 && (
            <>
              <span className="bad">{answer.bad}</span>
              {answer.rest}
            </>
          )}
        </h2>
        <div className="qbar">
          <QueryBar
            q={view.q}
            fault={fault?.column === undefined ? undefined : fault}
            running={found.phase === 'loading'}
            example={EXAMPLE}
            onSearch={(q) => (q === view.q ? ask() : changeBesides({ band: undefined }, { q, brush: undefined }))}
          />
        </div>
        <FilterBar filters={filters} names={names} />
        {fault !== undefined && fault.column === undefined ? (
          <Failed fault={fault} view={view} onAgain={ask} />
        ) : nothing ? (
          <NothingFound view={view} filters={filters} nowMs={Date.parse(question.to)} onArrived={ask} />
        ) : (
          <>
            <Scatter
              traces={found.traces}
              cut={found.more && filters.order === 'start'}
              question={question}
              part={part}
              zone={view.zone}
              onChoose={(part) => changeBesides({ band: part?.band }, { brush: part?.brush })}
            />
            <div className="about data">
              <span className="strong">{traces(shown.length)}</span>
              {part !== undefined && <PartWords part={part} zone={view.zone} onNarrow={narrow} onLeave={leave} />}
              {part === undefined && <MoreWords found={found} order={filters.order} onMore={more} />}
              <span className="grow" />
              <span className="ink3 cut">{found.coverage.complete && found.coverage.limitedBy === undefined ? '' : coverageSentence(found.coverage, view.zone)}</span>
              <span className="label row legend">
                <Mark of="failing" /> has errors
              </span>
            </div>
            <TraceTable traces={shown} axis={axis} chosen={chosen < 0 ? undefined : chosen} shorten={shorten} view={view} dated={dated} handle={table} />
          </>
        )}
      </div>
    </Frame>
  )
}

const EXAMPLE = 'service:cart, duration:>500ms, status:error, attributes; what one span says'

/** What was drawn becomes what is asked for. */
function narrowTo({ leastMs, mostMs }: Part, brush: readonly [string, string] | undefined): void {
  const [from, to] = brush ?? []
  if (from === undefined || to === undefined) return
  changeBesides({ min_duration: durationTerm(leastMs), max_duration: durationTerm(mostMs), band: undefined }, { from, to, brush: undefined })
}

interface PartWordsProps {
  readonly part: Part
  readonly zone: 'utc' | 'local'
  readonly onNarrow: (() => void) | undefined
  readonly onLeave: (() => void) | undefined
}

function PartWords({ part, zone, onNarrow, onLeave }: PartWordsProps) {
  const [from, to] = [part.fromMs, part.toMs].map((ms) => clockIn(nanos(ms), zone).slice(0, 8))
  return (
    <>
      <span className="ink2 cut">
        between {duration(part.leastMs)} and {duration(part.mostMs)}, {from} to {to}
      </span>
      <button type="button" className="act" title="Ask for these only: Enter" onClick={onNarrow}>
        Narrow to these
      </button>
      <button type="button" className="act" title="Esc" onClick={onLeave}>
        Clear
      </button>
    </>
  )
}

function MoreWords({ found, order, onMore }: { found: Found; order: 'start' | 'duration'; onMore: () => void }) {
  const { traces: here, more, phase } = found
  if (!more) return <span className="ink3 cut">Drag on the chart to choose some</span>
  const full = here.length >= TRACES_MAX
  return (
    <>
      <span className="ink2 cut">the {order === 'start' ? 'newest' : 'slowest'}; there are more{full && ', narrow the question to see them'}</span>
      {!full && (
        <button type="button" className="act" disabled={phase === 'loading'} onClick={onMore}>
          Load {count(Math.min(TRACES_PAGE, TRACES_MAX - here.length))} more
        </button>
      )}
    </>
  )
}

/** Whether the times need their days to be told apart. */
function spansDays({ traces: here }: Found, zone: 'utc' | 'local'): boolean {
  const [first] = here
  return first !== undefined && here.some(({ at }) => Math.abs(millis(at) - millis(first.at)) > 3_600_000 && dayOf(at, zone) !== dayOf(first.at, zone))
}
