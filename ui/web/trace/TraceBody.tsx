// A trace that is here: its sentence, its facts, the overview, the rows, the open span, its lines.
//
// What is open and what is left out stand in the address (`open`, `critical`, `clocks`, `show`); what is
// folded and which stretch of time is looked at do not: they are how somebody reads, not what is read.

import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react'
import { traceJsonPath } from '../api/traces'
import { count } from '../logs/words'
import { LINES_BELOW_ROWS, TRACE_SPANS_MAX } from '../model/limits'
import { seen } from '../model/message'
import { shortener } from '../model/names'
import { requestOf } from '../model/request'
import { duration, millis } from '../model/time'
import { forestOf, type Trace } from '../model/trace'
import { CopyButton } from '../parts/copy'
import { useInks } from '../parts/inks'
import { Link } from '../parts/Link'
import { changeBesides, changeView, useBesides } from '../state/useView'
import type { View } from '../state/view'
import { clockIn } from '../model/zone'
import { linesHref } from '../traces/address'
import { Lines } from './Lines'
import { Minimap } from './Minimap'
import { ROW_PX, type Tick } from './paintRows'
import { SpanDetail } from './SpanDetail'
import type { TimeWindow } from './timeAxis'
import { useRows } from './useRows'
import { useTraceKeys } from './useTraceKeys'
import { Axis, Waterfall, type WaterfallHandle } from './Waterfall'
import { answerOf, linesBySpan, skewSentence } from './words'

export interface TraceBodyProps {
  readonly trace: Trace
  /** While it is asked for again. */
  readonly former: boolean
  readonly view: View
  readonly onAgain: () => void
}

export function TraceBody({ trace, former, view, onAgain }: TraceBodyProps) {
  const besides = useBesides()
  const corrected = besides.get('clocks') !== 'sent'
  const criticalOnly = besides.get('critical') === '1'
  const inks = useInks()
  const forest = useMemo(() => forestOf(trace, corrected), [trace, corrected])
  const shorten = useMemo(() => shortener(trace.spans.map(({ service }) => service)), [trace])
  const lines = useMemo(() => linesBySpan(trace.logs), [trace])
  const ticks = useMemo(() => ticksOfLines(trace, Number(forest.begin), corrected), [trace, forest, corrected])
  const answer = useMemo(() => answerOf(trace, forest, shorten), [trace, forest, shorten])
  const handle = useRef<WaterfallHandle>(null)
  const panel = useRef<HTMLElement>(null)
  const [window, setWindow] = useState<TimeWindow>()
  const [closed, setClosed] = useState(false)
  const { rows, chosen, turn, step, toError, choose } = useRows({ forest, criticalOnly, open: view.open, handle })
  const whole = { fromMs: 0, toMs: Math.max(forest.totalMs, 1e-6) }
  const at = chosen === undefined ? undefined : rows[chosen]
  useTraceKeys({
    step,
    toError,
    fold: (by) => at !== undefined && turn(at, by),
    open: () => {
      setClosed(false)
      panel.current?.focus()
    },
    close: () => {
      if (window !== undefined) setWindow(undefined)
      else if (document.activeElement === panel.current) handle.current?.focus()
      else setClosed(true)
    },
    critical: () => changeBesides({ critical: criticalOnly ? undefined : '1' }),
  })
  // What happened since the former fetch may have another length.
  useEffect(() => setWindow(undefined), [forest])
  const shown = besides.get('show') === 'lines' ? 'lines' : 'waterfall'
  const small = rows.length < LINES_BELOW_ROWS && trace.logs.length > 0
  const list = (chars: number) => (
    <Lines logs={trace.logs} begin={forest.begin} traceId={trace.id} chosen={at?.node.id} shorten={shorten} view={view} chars={chars} onSpan={(open) => changeView({ open })} />
  )
  return (
    <div className={former ? 'trace former' : 'trace'}>
      <div>
        <h2 className="answer">
          {answer.bad !== '' && <span className="bad">{answer.bad}</span>}
          {answer.rest}
        </h2>
        <Facts trace={trace} forest={forest} view={view} corrected={corrected} onAgain={onAgain} />
        <Minimap rows={rows} totalMs={forest.totalMs} window={window ?? whole} inks={inks} onWindow={setWindow} />
      </div>
      <div className={closed || at === undefined ? 'trace-body' : 'trace-body open'}>
        <div className={small && shown === 'waterfall' ? 'falls small' : 'falls'} style={small && shown === 'waterfall' ? { gridTemplateRows: `28px ${rows.length * ROW_PX + 8}px minmax(0,1fr)` } : undefined}>
          <div className="falls-head">
            <Axis window={window ?? whole} inks={inks} />
            <div className="tabs" role="tablist" aria-label="What is shown">
              <Tab name="waterfall" shown={shown} total={forest.spans}>
                Waterfall
              </Tab>
              <Tab name="lines" shown={shown} total={trace.logs.length}>
                Lines
              </Tab>
            </div>
            <button type="button" className="tool critical" aria-pressed={criticalOnly} title="Critical path only: p" onClick={() => changeBesides({ critical: criticalOnly ? undefined : '1' })}>
              Critical <kbd className="wide">p</kbd>
            </button>
          </div>
          {shown === 'lines' ? (
            list(100)
          ) : (
            <Waterfall
              rows={rows}
              totalMs={forest.totalMs}
              window={window ?? whole}
              chosen={chosen}
              shorten={shorten}
              ticks={ticks}
              inks={inks}
              handle={handle}
              onChoose={(row) => {
                setClosed(false)
                choose(row)
              }}
              onTurn={(row) => turn(row)}
              onWindow={setWindow}
            />
          )}
          {small && shown === 'waterfall' && list(84)}
        </div>
        {!closed && at !== undefined && (
          <SpanDetail
            node={at.node}
            forest={forest}
            traceId={trace.id}
            critical={trace.critical}
            lines={lines}
            shorten={shorten}
            view={view}
            panel={panel}
            onStep={step}
            onClose={() => {
              setClosed(true)
              handle.current?.focus()
            }}
          />
        )}
      </div>
    </div>
  )
}

function Tab({ name, shown, total, children }: { name: 'waterfall' | 'lines'; shown: string; total: number; children: ReactNode }) {
  return (
    <button type="button" role="tab" aria-selected={shown === name} className="tab" onClick={() => changeBesides({ show: name === 'lines' ? name : undefined })}>
      {children} <span className="ink3">{count(total)}</span>
    </button>
  )
}

interface FactsProps {
  readonly trace: Trace
  readonly forest: ReturnType<typeof forestOf>
  readonly view: View
  readonly corrected: boolean
  readonly onAgain: () => void
}

function Facts({ trace, forest, view, corrected, onAgain }: FactsProps) {
  const services = new Set(trace.spans.map(({ service }) => service)).size
  const root = forest.roots.find(({ span }) => span !== undefined)?.span
  const begin = millis(forest.begin)
  const skewed = trace.skewMs.size > 0
  return (
    <dl className="facts data">
      <Fact name="Entry">
        <span className="strong cut root-name" title={seen(root?.operation ?? '')}>
          {seen(root?.operation ?? 'never arrived')}
        </span>
      </Fact>
      <Fact name="Start">{clockIn(forest.begin, view.zone)}</Fact>
      <Fact name="Duration">
        <span className="strong">
          {skewed && corrected && '≈ '}
          {duration(forest.totalMs)}
        </span>
      </Fact>
      <Fact name="Spans">
        {count(forest.spans)}
        {trace.cut && <span className="bad"> of more than {count(TRACE_SPANS_MAX)}</span>}
      </Fact>
      <Fact name="Services">{count(services)}</Fact>
      {forest.errors > 0 && (
        <Fact name="Errors">
          <span className="bad strong">{count(forest.errors)}</span>
        </Fact>
      )}
      {forest.missing > 0 && <Fact name="Lost parents">{count(forest.missing)}</Fact>}
      {skewed && (
        <Fact name="Clocks">
          <button type="button" className="act" aria-pressed={corrected} title={skewSentence(trace.skewMs)} onClick={() => changeBesides({ clocks: corrected ? 'sent' : undefined })}>
            {corrected ? '≈ corrected' : 'as sent'}
          </button>
        </Fact>
      )}
      <Fact name="Trace">
        <CopyButton className="mono" text={trace.id}>
          {seen(trace.id).slice(0, 16)}
        </CopyButton>
      </Fact>
      <div className="grow" />
      <div>
        <dd>
          <Link className="act" href={linesHref(view, trace.id, begin, begin + forest.totalMs)}>
            Lines in Logs
          </Link>
        </dd>
        <dd>
          <button type="button" className="act" onClick={onAgain}>
            Load again
          </button>
        </dd>
        <dd>
          <a className="act" href={traceJsonPath(trace.id)} target="_blank" rel="noreferrer">
            JSON
          </a>
        </dd>
      </div>
    </dl>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="ink3">{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

/** Errors and warnings, on the bars of their spans. */
function ticksOfLines({ logs, skewMs }: Trace, beginNs: number, corrected: boolean): ReadonlyMap<string, readonly Tick[]> {
  const ticks = new Map<string, Tick[]>()
  for (const record of logs) {
    const { span } = requestOf(record)
    if (span === undefined || !['warn', 'error', 'fatal'].includes(record.severity)) continue
    const off = corrected ? (skewMs.get(record.node) ?? 0) : 0
    const tick = { atMs: (Number(record.at) - beginNs) / 1e6 - off, severity: record.severity }
    const others = ticks.get(span)
    if (others === undefined) ticks.set(span, [tick])
    else others.push(tick)
  }
  return ticks
}
