// The row above the list: how many lines, how fast, how complete; the tail's own state; how the list looks.

import { type ReactNode, useEffect, useRef, useState } from 'react'
import type { Search } from '../api/client'
import { useOutside } from '../parts/useOutside'
import { announce } from '../state/announce'
import { changeView } from '../state/useView'
import type { View } from '../state/view'
import { Columns } from './Columns'
import type { Tail } from './feed'
import { Tabs } from './Tabs'
import { lines } from './words'

export interface TabRowProps {
  readonly view: View
  /** What the columns menu looks for fields in. */
  readonly search: Search
  /** Nothing while it is not known. */
  readonly total: number | undefined
  readonly words: string
  readonly tail: Tail | undefined
  readonly onPause: () => void
  readonly onResume: () => void
  readonly onFacets: () => void
  readonly children?: ReactNode
}

export function TabRow({ view, search, total, words, tail, onPause, onResume, onFacets, children }: TabRowProps) {
  const said = total === undefined ? words : `${lines(total)} ${words}`
  useEffect(() => {
    if (said !== '') announce(said)
  }, [said])
  return (
    <div className="tab-row">
      <button type="button" className="tool facets-button" onClick={onFacets}>
        Fields
      </button>
      <Tabs view={view} lines={total} patterns={undefined} />
      <p className="cut ink3 words" title={words}>
        {words}
      </p>
      {children}
      <span className="grow" />
      {tail !== undefined && <TailState tail={tail} onPause={onPause} onResume={onResume} />}
      <Look view={view} search={search} />
    </div>
  )
}

function Look({ view, search }: Pick<TabRowProps, 'view' | 'search'>) {
  const [columns, setColumns] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const close = () => {
    setColumns(false)
    button.current?.focus()
  }
  const place = useRef<HTMLSpanElement>(null)
  useOutside(place, columns, close)
  const newest = view.order === 'newest'
  return (
    <>
      <button
        type="button"
        className="tool roomy"
        title="What is on top: o"
        onClick={() => changeView({ order: newest ? 'oldest' : 'newest' })}
      >
        {newest ? 'Newest first' : 'Oldest first'}
      </button>
      <button type="button" className="tool" title="Wrap lines: w" aria-pressed={view.wrap} onClick={() => changeView({ wrap: !view.wrap })}>
        Wrap
      </button>
      <span ref={place} className="menu-place">
        <button ref={button} type="button" className="tool" aria-expanded={columns} onClick={() => setColumns(!columns)}>
          Columns
        </button>
        {columns && <Columns search={search} columns={view.columns} onClose={close} />}
      </span>
      <button
        type="button"
        className="tool"
        title="The times of the list"
        onClick={() => changeView({ zone: view.zone === 'utc' ? 'local' : 'utc' })}
      >
        {view.zone === 'utc' ? 'UTC' : 'Local'}
      </button>
    </>
  )
}

const STATES = { off: '', connecting: 'Connecting', live: 'Live', lost: 'Stream lost, trying again' }

function TailState({ tail, onPause, onResume }: { tail: Tail; onPause: () => void; onResume: () => void }) {
  return (
    <>
      {tail.skipped > 0 && <span className="ink2">{lines(tail.skipped)} skipped: they came too fast.</span>}
      <span className={`live ink2${tail.state === 'live' && !tail.paused ? ' on' : ''}`}>
        {tail.paused && tail.state === 'live' ? 'Paused' : STATES[tail.state]}
      </span>
      <button type="button" className="tool" aria-pressed={tail.paused} onClick={tail.paused ? onResume : onPause}>
        {tail.paused ? 'Go on' : 'Pause'} <kbd>Space</kbd>
      </button>
    </>
  )
}
