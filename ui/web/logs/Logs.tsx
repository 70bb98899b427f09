// The Logs page: a question, its lines, one of them open; or the lines as they come.

import { useCallback, useMemo, useState } from 'react'
import { LIST_ROWS_MAX } from '../model/limits'
import type { LogRecord } from '../model/record'
import { nanos } from '../model/time'
import { Frame } from '../parts/Frame'
import { useKeys } from '../state/useKeys'
import { changeView, useView } from '../state/useView'
import { TO_DEFAULT } from '../state/view'
import { Detail } from './Detail'
import { Failed } from './Failed'
import type { Feed } from './feed'
import { endWords, listItems } from './items'
import { LIST_ID, LogList } from './LogList'
import './logs.css'
import { Nothing } from './Nothing'
import { QueryField } from './QueryField'
import { Status, Waiting } from './Status'
import { useFeed } from './useFeed'
import { count, coverageSentence, freshness, rangeWords } from './words'

export function Logs() {
  const view = useView()
  const control = useFeed(view)
  const { feed } = control
  const nowMs = useMemo(() => Date.now(), [feed.turn, view.from, view.to])
  const [chosen, setChosen] = useState<string | undefined>(view.open)
  const items = useMemo(() => listItems(feed, endWords(view, nanos(nowMs))), [feed, view, nowMs])
  const open = feed.rows.find((row) => row.key === view.open)

  const show = useCallback((record: LogRecord, how: 'push' | 'replace' = 'push') => {
    setChosen(record.key)
    changeView({ open: record.key }, how)
  }, [])
  const close = () => {
    changeView({ open: undefined })
    document.getElementById(LIST_ID)?.focus()
  }
  const step = (by: 1 | -1) => {
    const record = neighbour(feed.rows, view.open ?? chosen, by)
    if (record === undefined) return
    if (view.open !== undefined) show(record, 'replace')
    else setChosen(record.key)
  }
  const tail = () => changeView(view.tail ? { tail: false } : { tail: true, to: TO_DEFAULT })
  const toggle = feed.tail.paused ? control.resume : control.pause
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    Enter: () => {
      const record = feed.rows.find((row) => row.key === chosen)
      if (record !== undefined) show(record)
    },
    Escape: view.open === undefined ? undefined : close,
    l: tail,
    ' ': view.tail ? toggle : undefined,
    o: control.older,
  })

  const columnFault = feed.phase === 'failed' && feed.fault?.column !== undefined ? feed.fault : undefined
  const failed = feed.phase === 'failed' && columnFault === undefined ? feed.fault : undefined
  return (
    <Frame
      range={rangeWords(view, nowMs)}
      fresh={freshness(feed.coverage, feed.tail)}
      freshDetail={coverageSentence(feed.coverage)}
    >
      <div className="logs">
        <div className="qbar">
          <QueryField
            q={view.q}
            running={feed.phase === 'loading'}
            fault={columnFault}
            onSearch={(q) => (q === view.q ? control.reload() : changeView({ q, open: undefined }))}
          />
          <button type="button" className="tool edge" aria-pressed={view.tail} onClick={tail}>
            {view.tail ? 'Stop tail' : 'Live tail'} <kbd className="wide">l</kbd>
          </button>
        </div>
        <Status
          feed={feed}
          known={feed.turn > 0 && feed.phase !== 'failed' && (items.length > 0 || view.q !== '')}
          onPause={control.pause}
          onResume={control.resume}
        />
        {failed !== undefined ? (
          <Failed fault={failed} view={view} onAgain={control.reload} />
        ) : items.length === 0 && feed.phase === 'ready' ? (
          <Nothing view={view} nowMs={nowMs} onArrived={control.reload} />
        ) : (
          <div className={open === undefined ? 'body' : 'body open'}>
            <div className={feed.phase === 'ready' ? 'listing' : 'listing former'}>
              <LogList
                items={items}
                turn={feed.turn}
                chosen={view.open ?? chosen}
                above={older(feed, control.older, control.reload)}
                onOpen={show}
                onAway={() => view.tail && !feed.tail.paused && control.pause()}
              />
              {feed.tail.paused && <Waiting tail={feed.tail} onResume={control.resume} />}
            </div>
            {open !== undefined && <Detail record={open} view={view} onStep={step} onClose={close} />}
          </div>
        )}
      </div>
    </Frame>
  )
}

/** The row above or below; without a chosen one, the newest. */
function neighbour(rows: readonly LogRecord[], from: string | undefined, by: 1 | -1): LogRecord | undefined {
  const at = rows.findIndex((row) => row.key === from)
  return at < 0 ? rows.at(-1) : rows[at + by]
}

/** What stands above the oldest row that is loaded. */
function older(feed: Feed, onOlder: () => void, onReload: () => void) {
  if (feed.trimmed) {
    return (
      <div className="older">
        <span className="ink3">The oldest lines were let go: {count(LIST_ROWS_MAX)} are kept.</span>
        <button type="button" className="act" onClick={onReload}>
          Search again
        </button>
      </div>
    )
  }
  if (feed.olderCursor === undefined) return null
  if (feed.rows.length >= LIST_ROWS_MAX) {
    return <div className="older ink3">{count(LIST_ROWS_MAX)} lines are loaded. Narrow the range to see older ones.</div>
  }
  return (
    <div className="older">
      <button type="button" className="act" onClick={onOlder} disabled={feed.loadingOlder}>
        {feed.loadingOlder ? 'Older lines are on their way' : 'Older lines'}
      </button>
      <kbd className="wide">o</kbd>
    </div>
  )
}
