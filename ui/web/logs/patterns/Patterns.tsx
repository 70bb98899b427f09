// What the lines of a question say, in place of the lines: news first, then what is graver, then what is more.

import { useEffect, useRef, useState } from 'react'
import { PATTERN_ROWS } from '../../model/limits'
import type { Shorten } from '../../model/names'
import type { Pattern } from '../../model/pattern'
import { withTerm } from '../../model/terms'
import { announce } from '../../state/announce'
import type { Question } from '../../state/question'
import { useKeys } from '../../state/useKeys'
import { changeView } from '../../state/useView'
import { type View, viewHref } from '../../state/view'
import { Failed } from '../Failed'
import { Tabs } from '../Tabs'
import { coverageSentence, lines } from '../words'
import { Merge } from './Merge'
import { PatternLine } from './PatternLine'
import './patterns.css'
import { howMany } from './rows'
import { type PatternsShown, usePatterns } from './usePatterns'

export interface PatternsProps {
  readonly view: View
  readonly question: Question
  readonly shorten: Shorten
  /** Lines that match, when that is known. */
  readonly total: number | undefined
  readonly onAgain: () => void
  readonly onFacets: () => void
}

export function Patterns({ view, question, shorten, total, onAgain, onFacets }: PatternsProps) {
  const vanished = view.show === 'vanished'
  const shown = usePatterns(question, vanished)
  const { asked, rows, points } = shown
  const [most, setMost] = useState(PATTERN_ROWS)
  const [from, setFrom] = useState<Pattern>()
  const [into, setInto] = useState<Pattern>()
  const list = useRef<HTMLOListElement>(null)
  const hrefOf = ({ id }: Pattern) => viewHref({ ...view, show: 'lines', q: withTerm(view.q, 'pattern', id, false) })
  const stop = () => {
    setFrom(undefined)
    setInto(undefined)
  }
  const chosen = useChosen(shown, list, { stop: from === undefined ? undefined : stop })
  const words = wordsOf(shown, view)
  useEffect(() => {
    if (asked.phase === 'ready') announce(`${howMany(rows.length)} patterns ${words}`)
  }, [asked.phase, words])
  return (
    <div className="main">
      <div className="listing patterns">
        <div className="tab-row">
          <button type="button" className="tool facets-button" onClick={onFacets}>
            Fields
          </button>
          <Tabs view={view} lines={total} patterns={asked.answer === undefined ? undefined : rows.length} />
          <p className="cut ink3 words" title={words}>
            {from === undefined ? words : 'Choose the pattern that it becomes part of; Esc leaves it.'}
          </p>
          <span className="grow" />
          <button type="button" className="tool" aria-pressed={vanished} onClick={() => changeView({ show: vanished ? 'patterns' : 'vanished' })}>
            Vanished
          </button>
        </div>
        {asked.phase === 'failed' && asked.fault !== undefined && asked.fault.column === undefined ? (
          <Failed fault={asked.fault} view={view} onAgain={onAgain} />
        ) : asked.phase === 'ready' && rows.length === 0 ? (
          <p className="none ink2">{vanished ? 'All that was said in the week before is still said.' : 'No line matches, so there is no pattern.'}</p>
        ) : (
          <div className={asked.phase === 'loading' ? 'scroll former' : 'scroll'}>
            {asked.answer !== undefined && <Head vanished={vanished} />}
            <ol ref={list} aria-label="Patterns">
              {rows.slice(0, most).map((row) => (
                <PatternLine
                  key={row.pattern.id}
                  row={row}
                  chosen={row.pattern.id === (from ?? chosen)?.id}
                  href={hrefOf(row.pattern)}
                  points={points.get(row.pattern.id)}
                  shorten={shorten}
                  zone={view.zone}
                  vanished={vanished}
                  merging={from !== undefined}
                  onExclude={({ id }) => changeView({ q: withTerm(view.q, 'pattern', id, true) })}
                  onMerge={setFrom}
                  onInto={setInto}
                />
              ))}
            </ol>
            {rows.length > most && (
              <button type="button" className="act more" onClick={() => setMost(rows.length)}>
                Show all {howMany(rows.length)}
              </button>
            )}
          </div>
        )}
      </div>
      {from !== undefined && into !== undefined && (
        <Merge
          from={from}
          into={into}
          onClose={() => setInto(undefined)}
          onDone={() => {
            stop()
            onAgain()
          }}
        />
      )}
    </div>
  )
}

function Head({ vanished }: { vanished: boolean }) {
  return (
    <div className="pattern head ink3" aria-hidden="true">
      <i />
      <span className="number">Lines</span>
      <span>{vanished ? 'Last' : 'Since'}</span>
      <span>Pattern</span>
      <span className="who">Components</span>
      <span>In the range</span>
    </div>
  )
}

/** The row that keys walk to; Enter opens its lines. */
function useChosen({ rows }: PatternsShown, list: React.RefObject<HTMLOListElement | null>, { stop }: { stop: (() => void) | undefined }): Pattern | undefined {
  const [chosen, setChosen] = useState<string>()
  const at = rows.findIndex(({ pattern }) => pattern.id === chosen)
  const step = (by: 1 | -1) => {
    const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))]?.pattern.id
    setChosen(next)
    list.current?.querySelector(`[data-id="${next}"]`)?.scrollIntoView({ block: 'nearest' })
  }
  const pressed = () => {
    const row = list.current?.querySelector<HTMLElement>(`[data-id="${chosen}"] > :is(a, button)`)
    row?.click()
  }
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    Enter: at < 0 ? undefined : pressed,
    Escape: stop,
  })
  return rows[at]?.pattern
}

function wordsOf({ asked: { answer }, rows }: PatternsShown, view: View): string {
  if (answer === undefined) return ''
  const news = rows.filter(({ isNew }) => isNew === true).length
  const parts = [
    news > 0 ? `${howMany(news)} new: not said in the week before.` : '',
    answer.other > 0 ? `${lines(answer.other)} of none.` : '',
    coverageSentence(answer.coverage, view.zone),
  ]
  return parts.filter((part) => part !== '').join(' ')
}
