// One span, whole: how long and how much of it was waited for, what was written in it, what it says of
// itself, what happened inside it. Text of others is only ever text.

import type { KeyboardEvent, RefObject } from 'react'
import { SPAN_LINES_MAX } from '../model/limits'
import { seen } from '../model/message'
import type { Shorten } from '../model/names'
import { percent } from '../model/percent'
import type { LogRecord } from '../model/record'
import type { Span } from '../model/span'
import { termOf } from '../model/query'
import { duration } from '../model/time'
import { fails, type Forest, ownMs, type TraceNode } from '../model/trace'
import { lengthOf } from '../model/traceCritical'
import { CopyButton } from '../parts/copy'
import { Link } from '../parts/Link'
import { Mark } from '../parts/Mark'
import { go } from '../state/address'
import { traceHref, tracesHref } from '../traces/address'
import { eventsOf, field, linksOf, type SpanField, spanFields } from './spanFields'
import { SpanLine } from './Lines'
import { offset } from './offset'
import type { View } from '../state/view'

export interface SpanDetailProps {
  readonly node: TraceNode
  readonly forest: Forest
  readonly traceId: string
  readonly critical: ReadonlyMap<string, number>
  readonly lines: ReadonlyMap<string, readonly LogRecord[]>
  readonly shorten: Shorten
  readonly view: View
  readonly panel: RefObject<HTMLElement | null>
  readonly onStep: (by: 1 | -1) => void
  readonly onClose: () => void
}

export function SpanDetail(props: SpanDetailProps) {
  const { node, forest, critical, lines, shorten, view, panel, onStep, onClose } = props
  const { span } = node
  return (
    <aside ref={panel} className="detail scroll" aria-label="Span" tabIndex={-1}>
      <header>
        {fails(node) && <Mark of="failing" />}
        <span className="strong cut whose">{seen(shorten(span?.service ?? 'Lost parent'))}</span>
        <span className="cut ink2" title={seen(span?.operation ?? '')}>{seen(span?.operation ?? '')}</span>
        <span className="grow" />
        <button type="button" className="tool" title="Previous: k" aria-label="Previous span" onClick={() => onStep(-1)}>
          ↑
        </button>
        <button type="button" className="tool" title="Next: j" aria-label="Next span" onClick={() => onStep(1)}>
          ↓
        </button>
        <button type="button" className="tool" aria-label="Close" title="Close: Esc" onClick={onClose}>
          <kbd>Esc</kbd>
        </button>
      </header>
      {span === undefined ? (
        <p className="ink2">
          {node.children.length === 1 ? 'One span names' : `${node.children.length} spans name`} <span className="mono">{seen(node.id)}</span> as parent, and it never
          arrived: it was not sampled, its process ended before it was sent, or it is still running.
        </p>
      ) : (
        <>
          <Shares node={node} criticalMs={critical.get(span.id) ?? lengthOf(node.critical)} totalMs={forest.totalMs} />
          {node.corrected && <p className="label">Its node’s clock is off: it stands where it must have been. Its own start is below, as it was sent.</p>}
          <SpanLines span={span} forest={forest} lines={lines} view={view} traceId={props.traceId} />
          <h2>Fields</h2>
          <dl className="fields">
            {spanFields(span).map((one, n) => (
              <FieldRow key={n} field={one} view={view} />
            ))}
          </dl>
          <Events span={span} forest={forest} view={view} />
          <Links span={span} view={view} />
          <h2>Copy as</h2>
          <div className="row data copies">
            <CopyButton className="act" text={() => JSON.stringify(span.raw)}>
              JSON
            </CopyButton>
            <CopyButton className="act" text={() => location.href}>
              Link
            </CopyButton>
          </div>
        </>
      )}
    </aside>
  )
}

function Shares({ node, criticalMs, totalMs }: { node: TraceNode; criticalMs: number; totalMs: number }) {
  const rows = [
    ['Total', node.span?.durationMs ?? 0, 'bar2'],
    ['Own time', ownMs(node), 'bar2'],
    ['Critical', criticalMs, 'ink'],
  ] as const
  return (
    <dl className="shares data">
      {rows.map(([name, ms, ink]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="meter" aria-hidden="true">
            <i className={ink} style={{ width: `${Math.min(100, (ms / Math.max(totalMs, 1e-9)) * 100)}%` }} />
          </dd>
          <dd className="number">{duration(ms)}</dd>
          <dd className="number ink3">{percent(ms / Math.max(totalMs, 1e-9))}</dd>
        </div>
      ))}
    </dl>
  )
}

type SpanLinesProps = Pick<SpanDetailProps, 'forest' | 'lines' | 'view' | 'traceId'> & { readonly span: Span }

/** Its own lines, or else those that its service wrote in this trace. */
function SpanLines({ span, forest, lines, view, traceId }: SpanLinesProps) {
  const own = lines.get(span.id) ?? []
  const near = own.length > 0 ? own : [...lines.values()].flat().filter(({ component }) => component === span.service)
  const title = own.length > 0 ? 'Lines of this span' : `Lines of ${seen(span.service)} in this trace`
  return (
    <>
      <h2>{title}</h2>
      {near.length === 0 ? (
        <p className="ink3 data">None was written with this trace’s id.</p>
      ) : (
        <ol className="span-lines">
          {near.slice(0, SPAN_LINES_MAX).map((record) => (
            <SpanLine key={record.key} record={record} begin={forest.begin} view={view} traceId={traceId} />
          ))}
        </ol>
      )}
      {near.length > SPAN_LINES_MAX && <p className="label">and {near.length - SPAN_LINES_MAX} more</p>}
    </>
  )
}

/** A click on a value searches the traces that have it, Alt and a click those without; so do + and −. */
function FieldRow({ field: { name, value, shown, filters }, view }: { field: SpanField; view: View }) {
  const search = (not: boolean) => go(tracesHref(view, { q: termOf(name, value, not) }))
  const onKeyDown = (event: KeyboardEvent) => {
    if (!filters || !['+', '-', '−'].includes(event.key)) return
    event.preventDefault()
    search(event.key !== '+')
  }
  return (
    <div>
      <dt className="cut" title={seen(name)}>
        {seen(name)}
      </dt>
      <dd onKeyDown={onKeyDown}>
        {filters ? (
          <button type="button" className="cut value" title={`${shown}\nClick: traces with it. Alt: without it.`} onClick={(event) => search(event.altKey)}>
            {shown}
          </button>
        ) : (
          <span className="cut value" title={shown}>
            {shown}
          </span>
        )}
        <span className="acts">
          {filters && (
            <>
              <button type="button" title="Traces with this: +" aria-label={`Traces with ${seen(name)} ${shown}`} onClick={() => search(false)}>
                +
              </button>
              <button type="button" title="Traces without this: −" aria-label={`Traces without ${seen(name)} ${shown}`} onClick={() => search(true)}>
                −
              </button>
            </>
          )}
          <CopyButton className="" text={value}>
            Copy
          </CopyButton>
        </span>
      </dd>
    </div>
  )
}

function Events({ span, forest, view }: { span: Span; forest: Forest; view: View }) {
  const events = eventsOf(span)
  if (events.length === 0) return null
  return (
    <>
      <h2>{events.length === 1 ? 'Event' : `${events.length} events`}</h2>
      {events.map(({ name, at, attributes }, n) => (
        <section key={n} className="event">
          <p className="row data">
            <span className="mono ink3">{at === undefined ? '' : offset(at, forest.begin)}</span>
            <span className="strong cut">{seen(name)}</span>
          </p>
          <dl className="fields">
            {attributes.map(([key, value]) => (
              <FieldRow key={key} field={field(key, value, false)} view={view} />
            ))}
          </dl>
        </section>
      ))}
    </>
  )
}

function Links({ span, view }: { span: Span; view: View }) {
  const links = linksOf(span)
  if (links.length === 0) return null
  return (
    <>
      <h2>{links.length === 1 ? 'Link' : `${links.length} links`}</h2>
      {links.map((link, n) => (
        <p key={n} className="row data">
          <Link className="act mono cut" href={traceHref(view, link.trace, link.span)}>
            {seen(link.trace)}
          </Link>
          <span className="ink3 mono cut">{seen(link.span)}</span>
        </p>
      ))}
    </>
  )
}
