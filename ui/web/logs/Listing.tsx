// The lines of a question, the one that is open, and what can be done with them by keys.

import { type RefObject, useCallback, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { filterPart } from '../model/query'
import { COMPLETE } from '../model/coverage'
import type { Shorten } from '../model/names'
import type { LogRecord } from '../model/record'
import { type Nanos, parseTime } from '../model/time'
import type { Question } from '../state/question'
import { changeView } from '../state/useView'
import type { View } from '../state/view'
import { Around } from './Around'
import { betweenOf, endWords } from './between'
import type { Counts } from './chart/useCounts'
import { Detail } from './Detail'
import { Failed } from './Failed'
import { type Lines, linesOfRows, rowsOfList } from './lines'
import { LogList } from './LogList'
import { Nothing } from './Nothing'
import { dayOf, searched } from './rowText'
import { Skeleton } from './Skeleton'
import { TabRow } from './TabRow'
import type { FeedControl } from './useFeed'
import { useListKeys } from './useListKeys'
import { useOpened } from './useOpened'
import type { ListHandle } from './useScroller'
import type { TimelineControl } from './useTimeline'
import { Waiting } from './Waiting'
import { coverageSentence, elapsedPhrase } from './words'

export interface ListingProps {
  readonly view: View
  readonly question: Question
  readonly shorten: Shorten
  readonly counts: Counts
  readonly timeline: TimelineControl
  readonly feed: FeedControl
  readonly onAgain: () => void
  readonly onTail: () => void
  readonly onFacets: () => void
}

const NO_LINES = linesOfRows(rowsOfList([]), [], 'oldest')

export function Listing(props: ListingProps) {
  const { view, question, counts, timeline, feed, onAgain } = props
  const list = useRef<ListHandle>(null)
  const around = useRef<ListHandle>(null)
  const [aroundLines, setAroundLines] = useState(NO_LINES)
  const [cursor, setCursor] = useState<LogRecord>()
  const opened = useOpened(view.open)
  const lines = useLines(props)
  const isAround = view.around !== undefined
  const handle = isAround ? around : list
  const look = useLook(props)

  const open = useCallback((record: LogRecord, how: 'push' | 'replace' = 'push') => {
    setCursor(record)
    opened.hold(record)
    changeView({ open: record.key }, how)
  }, [])
  const choose = useCallback(
    (record: LogRecord) => {
      if (view.open !== undefined) open(record, 'replace')
      else setCursor(record)
    },
    [open, view.open],
  )
  const surround = useCallback((record: LogRecord) => changeView({ around: record.key }), [])
  const close = () => {
    changeView({ open: undefined })
    handle.current?.focus()
  }
  const back = () => {
    changeView({ around: undefined })
    list.current?.focus()
  }
  const { step } = useListKeys({
    ...props,
    lines: isAround ? aroundLines : lines,
    handle,
    record: opened.record ?? cursor,
    onOpen: open,
    onChoose: choose,
    onClose: close,
    onBack: back,
  })
  useReading(list, opened.record, opened.sought, timeline.turn)
  useBrush(list, view, timeline)

  const failed = counts.phase === 'failed' && !view.tail ? counts.fault : undefined
  const first = timeline.turn === 0 && !view.tail
  const nothing = lines.count === 0 && !isAround && (view.tail ? feed.feed.phase === 'ready' : counts.phase === 'ready' && timeline.counted)
  return (
    <div className={opened.record === undefined ? 'main' : 'main open'}>
      <div className="listing">
        <TabRow
          view={view}
          search={{ q: filterPart(question.q), from: question.from, to: question.to }}
          total={totalOf(props)}
          words={tabWords(props)}
          tail={view.tail ? feed.feed.tail : undefined}
          onPause={feed.pause}
          onResume={feed.resume}
          onFacets={props.onFacets}
        >
          {timeline.fault !== undefined && !view.tail && (
            <button type="button" className="act data" onClick={timeline.again}>
              Some lines could not be loaded: try again
            </button>
          )}
        </TabRow>
        {failed !== undefined && failed.column === undefined ? (
          <Failed fault={failed} view={view} onAgain={onAgain} />
        ) : nothing ? (
          <Nothing view={view} nowMs={Date.parse(question.to)} onArrived={onAgain} />
        ) : first && lines.count === 0 ? (
          failed === undefined && <Skeleton />
        ) : (
          <div className={timeline.turn === question.turn || view.tail ? 'lines' : 'lines former'}>
            <LogList
              lines={lines}
              turn={view.tail ? feed.feed.turn : timeline.turn}
              order={view.order}
              look={look}
              chosen={view.open ?? cursor?.key}
              label="Log lines"
              handle={list}
              onOpen={open}
              onAround={surround}
              onAway={() => view.tail && !feed.feed.tail.paused && feed.pause()}
              onSight={view.tail ? ignore : timeline.look}
            />
            {view.around !== undefined && (
              <Around
                around={view.around}
                order={view.order}
                look={look}
                chosen={view.open ?? cursor?.key}
                handle={around}
                onOpen={open}
                onLines={setAroundLines}
                onBack={back}
              />
            )}
            {view.tail && feed.feed.tail.paused && <Waiting tail={feed.feed.tail} onResume={feed.resume} />}
          </div>
        )}
      </div>
      {opened.record !== undefined && (
        <Detail record={opened.record} view={view} question={question} onStep={step} onShow={(record) => open(record, 'replace')} onAround={surround} onClose={close} />
      )}
      {opened.fault !== undefined && <p className="missing data">The line of this address is not there: {opened.fault.message}.</p>}
    </div>
  )
}

function ignore(): void {}

function useLines({ view, question, counts, timeline, feed }: ListingProps): Lines {
  const { tail, order, to, zone } = view
  const { rows, coverage } = feed.feed
  return useMemo(() => {
    if (tail) {
      const ends = { first: rows[0]?.at ?? (0n as Nanos), last: ENDLESS, words: rows.length > 0 ? 'New lines appear here' : undefined }
      return linesOfRows(rowsOfList(rows), betweenOf(coverage, ends, order, zone), order)
    }
    const [first, last] = [parseTime(question.from), parseTime(question.to)]
    if (first === undefined || last === undefined || timeline.rows.total === 0) return NO_LINES
    const ends = { first, last, words: endWords(to, last, zone) }
    return linesOfRows(timeline.rows, betweenOf(timeline.counted ? counts.coverage : COMPLETE, ends, order, zone), order)
  }, [tail, rows, coverage, counts.coverage, timeline.rows, timeline.counted, order, to, question.from, question.to, zone])
}

const ENDLESS = (1n << 63n) as Nanos

function useLook({ view, shorten, counts }: ListingProps) {
  const { columns, wrap, zone, q, tail } = view
  const [first, last] = [counts.buckets[0]?.from, counts.buckets.at(-1)?.to]
  const dated = !tail && first !== undefined && last !== undefined && dayOf(first, zone) !== dayOf((last - 1n) as Nanos, zone)
  return useMemo(() => ({ columns, shorten, wrap, zone, dated, terms: searched(q) }), [columns.join('\n'), shorten, wrap, zone, dated, q])
}

/** What is read stays in sight when another question is answered; a row that was opened by its address is
 *  looked for, once there is a list. */
function useReading(list: RefObject<ListHandle | null>, record: LogRecord | undefined, sought: boolean, turn: number): void {
  const key = sought ? record?.key : undefined
  useLayoutEffect(() => {
    if (record !== undefined && turn > 0) list.current?.show(record, 'middle')
  }, [list, key, turn])
}

/** The list goes where the chosen part of the range begins, as soon as it is known where that is. */
function useBrush(list: RefObject<ListHandle | null>, { brush }: View, { turn, counted }: TimelineControl): void {
  const from = counted ? brush?.[0] : undefined
  useLayoutEffect(() => {
    const at = from === undefined ? undefined : parseTime(from)
    if (at !== undefined) list.current?.showTime(at)
  }, [list, from, turn])
}

function totalOf({ view, counts, timeline, feed }: ListingProps): number | undefined {
  if (view.tail) return feed.feed.phase === 'ready' ? feed.feed.rows.length : undefined
  if (counts.phase === 'failed' || !timeline.counted) return undefined
  return timeline.rows.total
}

function tabWords({ view, counts, feed }: ListingProps): string {
  // A tail is complete to now or says what is not: the moment of its first page means nothing any more.
  if (view.tail) return feed.feed.coverage.complete ? '' : coverageSentence(feed.feed.coverage, view.zone)
  if (counts.phase !== 'ready' || counts.total === 0) return ''
  const timed = counts.elapsedMs === undefined ? '' : `${elapsedPhrase(counts.elapsedMs)}. `
  return timed + coverageSentence(counts.coverage, view.zone)
}
