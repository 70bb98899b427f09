// What may stand at the caret, under the piece that it would replace. The focus stays in the field: this is
// the list of its combobox.

import { useEffect, useRef } from 'react'
import type { CompletionItem } from '../../api/client'
import { seen } from '../../model/message'
import { count } from '../words'
import { type Offer, unitsBefore } from './completion'

export const COMPLETIONS_ID = 'completions'

export function completionId(at: number): string {
  return `${COMPLETIONS_ID}-${at}`
}

export interface CompletionsProps {
  readonly q: string
  readonly offer: Offer
  readonly scroll: number
  readonly onTake: (item: CompletionItem) => void
}

export function Completions({ q, offer, scroll, onTake }: CompletionsProps) {
  const { items, active, completion } = offer
  const shown = useRef<HTMLLIElement>(null)
  useEffect(() => {
    shown.current?.scrollIntoView({ block: 'nearest' })
  }, [active])
  return (
    <div className="completions">
      <span className="before" style={{ marginLeft: -scroll }} aria-hidden="true">
        {q.slice(0, unitsBefore(q, completion.replace.from))}
      </span>
      <ul id={COMPLETIONS_ID} className="scroll" role="listbox" aria-label="Completions">
        {items.map((item, i) => (
          <li
            key={`${item.kind} ${item.text}`}
            ref={i === active ? shown : undefined}
            id={completionId(i)}
            role="option"
            aria-selected={i === active}
            // Not on click: the field would have lost its focus by then.
            onPointerDown={(event) => {
              event.preventDefault()
              onTake(item)
            }}
          >
            <span className="cut">{seen(item.text)}</span>
            <span className="label">{item.count === undefined ? item.kind : count(item.count)}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}
