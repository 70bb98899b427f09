// The query: one line to type in, coloured, completed, and under the column where the server stopped
// reading, why.
//
//   ┌ box ───────────────────────────────┐   The browser's own input, its text transparent, under a
//   │ severity:error | stats count()   / │   mirror that shows the same text in colours: typing, undo,
//   └────────────────────────────────────┘   IME and screen readers stay the browser's. Both are as wide
//                     ^ expected a filter    as the text, so only the box scrolls and nothing can drift.

import { type ChangeEvent, type ClipboardEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react'
import type { CompletionItem, Fault } from '../../api/client'
import { useKeys } from '../../state/useKeys'
import { actionOf, carriedOver, editOf } from './completion'
import { Completions, COMPLETIONS_ID, completionId } from './Completions'
import { Mirror } from './Mirror'
import './query.css'
import { Refusal, REFUSAL_ID } from './Refusal'
import { useCompletion } from './useCompletion'

const QUERY_ID = 'query'

export interface QueryBarProps {
  readonly q: string
  /** A refusal that points at a column of `q`. */
  readonly fault: Fault | undefined
  readonly running: boolean
  /** What completion counts values in; without it nothing is completed. */
  readonly range?: { readonly from: string; readonly to: string }
  /** What an empty query shows may be asked. */
  readonly example?: string
  readonly onSearch: (q: string) => void
}

export function QueryBar({ q, fault, running, range, example, onSearch }: QueryBarProps) {
  const asked = oneLine(q)
  const [draft, setDraft] = useState(asked)
  const [scroll, setScroll] = useState(0)
  const input = useRef<HTMLInputElement>(null)
  const { offer: made, offeredFor, open, close, activate } = useCompletion(range)
  const offer = made && carriedOver(made, offeredFor, draft)
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
  const onChange = ({ currentTarget: { value, selectionStart }, nativeEvent }: ChangeEvent<HTMLInputElement>) => {
    setDraft(value)
    if (value === '' || isComposing(nativeEvent)) close()
    else void open(value, selectionStart ?? value.length, false)
  }
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    const action = event.nativeEvent.isComposing ? undefined : actionOf(event, offer)
    if (action === undefined) return
    event.preventDefault()
    if (action.kind === 'ask') void open(draft, event.currentTarget.selectionStart ?? draft.length, true)
    else if (action.kind === 'activate' && offer !== undefined) activate(offer, draft, action.at)
    else if (action.kind === 'take') take(action.item)
    else if (action.kind === 'search') search()
    else if (action.kind === 'close') close()
    else event.currentTarget.blur()
  }
  return (
    <form className="query" role="search" onSubmit={(event) => event.preventDefault()}>
      <div className={['box', running && 'running', refused && 'refused'].filter(Boolean).join(' ')}>
        <div className="text" onScroll={(event) => setScroll(event.currentTarget.scrollLeft)}>
          <div className="both">
            <Mirror q={draft} example={example} />
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
              onChange={onChange}
              onPaste={pasteOneLine}
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

function pasteOneLine(event: ClipboardEvent<HTMLInputElement>): void {
  const text = event.clipboardData.getData('text')
  if (!/[\r\n]/.test(text)) return
  event.preventDefault()
  const { selectionStart, selectionEnd } = event.currentTarget
  insert(event.currentTarget, selectionStart ?? 0, selectionEnd ?? 0, oneLine(text))
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
