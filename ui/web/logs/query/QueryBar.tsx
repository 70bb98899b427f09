// The query: one line to type in, coloured, completed, and under the column where the server stopped
// reading, why.
//
//   ┌ box ───────────────────────────────┐   The browser's own input, its text transparent, under a
//   │ severity:error | stats count()   / │   mirror that shows the same text in colours: typing, undo,
//   └────────────────────────────────────┘   IME and screen readers stay the browser's. Both are as wide
//                     ^ expected a filter    as the text, so only the box scrolls and nothing can drift.

import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import type { CompletionItem, Fault } from '../../api/client'
import { useKeys } from '../../state/useKeys'
import { editOf, nextItem } from './completion'
import { Completions, COMPLETIONS_ID, completionId } from './Completions'
import { Mirror } from './Mirror'
import './query.css'
import { Refusal, REFUSAL_ID } from './Refusal'
import { useCompletion } from './useCompletion'

export const QUERY_ID = 'query'

export interface QueryBarProps {
  readonly q: string
  /** A refusal that points at a column of `q`. */
  readonly fault: Fault | undefined
  readonly running: boolean
  /** What completion counts values in. */
  readonly range: { readonly from: string; readonly to: string }
  readonly onSearch: (q: string) => void
}

export function QueryBar({ q, fault, running, range, onSearch }: QueryBarProps) {
  const asked = oneLine(q)
  const [draft, setDraft] = useState(asked)
  const [scroll, setScroll] = useState(0)
  const input = useRef<HTMLInputElement>(null)
  const { offer, open, close, activate } = useCompletion(range)
  useEffect(() => setDraft(asked), [asked])
  useKeys({ '/': () => input.current?.focus() })

  const refused = fault !== undefined && draft.trim() === asked.trim() ? fault : undefined
  const search = () => {
    close()
    onSearch(draft.trim())
  }
  const take = (item: CompletionItem) => {
    if (offer === undefined) return
    close()
    const { from, to, text } = editOf(draft, offer.completion, item)
    if (input.current !== null) insert(input.current, from, to, text)
  }
  const ask = (chosen: boolean) => void open(draft, input.current?.selectionStart ?? draft.length, chosen)
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.nativeEvent.isComposing) return
    const active = offer && offer.items[offer.active ?? -1]
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : undefined
    if (event.key === ' ' && event.ctrlKey) ask(true)
    else if (by !== undefined && offer !== undefined) activate(nextItem(offer.active, by, offer.items.length))
    else if (by === 1) ask(true)
    else if (event.key === 'Enter' && active !== undefined) take(active)
    else if (event.key === 'Enter') search()
    else if (event.key === 'Tab' && !event.shiftKey && offer?.items[0] !== undefined) take(active ?? offer.items[0])
    else if (event.key === 'Escape' && offer !== undefined) close()
    else if (event.key === 'Escape') event.currentTarget.blur()
    else return
    event.preventDefault()
  }
  return (
    <form className="query" role="search" onSubmit={(event) => event.preventDefault()}>
      <div className={['box', running && 'running', refused && 'refused'].filter(Boolean).join(' ')}>
        <div className="text" onScroll={(event) => setScroll(event.currentTarget.scrollLeft)}>
          <div className="both">
            <Mirror q={draft} />
            <input
              ref={input}
              id={QUERY_ID}
              role="combobox"
              aria-label="Query"
              aria-autocomplete="list"
              aria-expanded={offer !== undefined}
              aria-controls={COMPLETIONS_ID}
              aria-activedescendant={offer?.active === undefined ? undefined : completionId(offer.active)}
              aria-invalid={refused !== undefined}
              aria-describedby={refused && REFUSAL_ID}
              autoComplete="off"
              autoCapitalize="off"
              autoCorrect="off"
              enterKeyHint="search"
              spellCheck={false}
              value={draft}
              onChange={(event) => {
                const { value, selectionStart } = event.currentTarget
                setDraft(value)
                if (value === '' || isComposing(event.nativeEvent)) close()
                else void open(value, selectionStart ?? value.length, false)
              }}
              onPaste={(event) => {
                const text = event.clipboardData.getData('text')
                if (!/[\r\n]/.test(text)) return
                event.preventDefault()
                const { selectionStart, selectionEnd } = event.currentTarget
                insert(event.currentTarget, selectionStart ?? 0, selectionEnd ?? 0, oneLine(text))
              }}
              onKeyDown={onKeyDown}
              onBlur={close}
            />
          </div>
        </div>
        <kbd className="wide">/</kbd>
      </div>
      {offer !== undefined && <Completions q={draft} offer={offer} scroll={scroll} onTake={take} />}
      {refused !== undefined && offer === undefined && <Refusal q={asked} fault={refused} scroll={scroll} />}
    </form>
  )
}

/** An input has one line; words on two lines stay two words. */
function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, ' ')
}

/** As if typed, so that the browser's undo takes it back. */
function insert(input: HTMLInputElement, from: number, to: number, text: string): void {
  input.focus()
  input.setSelectionRange(from, to)
  if (document.execCommand('insertText', false, text)) return
  input.setRangeText(text, from, to, 'end')
  input.dispatchEvent(new Event('input', { bubbles: true }))
}

function isComposing(event: Event): boolean {
  return event instanceof InputEvent && event.isComposing
}
