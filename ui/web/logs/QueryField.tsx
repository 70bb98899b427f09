// The query: what is typed, and under the column where the server stopped reading, why.

import { useEffect, useState } from 'react'
import type { Fault } from '../api/client'
import { useKeys } from '../state/useKeys'
import { capital } from './words'

export const QUERY_ID = 'query'

export interface QueryFieldProps {
  readonly q: string
  readonly running: boolean
  /** A refusal that points at a column of `q`. */
  readonly fault: Fault | undefined
  readonly onSearch: (q: string) => void
}

export function QueryField({ q, running, fault, onSearch }: QueryFieldProps) {
  const [draft, setDraft] = useState(q)
  useEffect(() => setDraft(q), [q])
  useKeys({ '/': () => document.getElementById(QUERY_ID)?.focus() })
  const refused = fault !== undefined && draft.trim() === q
  return (
    <form
      className="q"
      role="search"
      onSubmit={(event) => {
        event.preventDefault()
        onSearch(draft.trim())
      }}
    >
      <div className={`box${running ? ' running' : ''}${refused ? ' refused' : ''}`}>
        <input
          id={QUERY_ID}
          aria-label="Query"
          aria-invalid={refused}
          aria-describedby={refused ? 'refusal' : undefined}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          placeholder={'Words, field:value, "a phrase", field:/regex/'}
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
        />
        <kbd>/</kbd>
      </div>
      {refused && <Refusal q={q} fault={fault} />}
    </form>
  )
}

/** The invisible beginning of the query puts the caret under its column, whatever its letters' widths. */
function Refusal({ q, fault }: { q: string; fault: Fault }) {
  const before = Array.from(q).slice(0, (fault.column ?? 1) - 1).join('')
  return (
    <div className="refusal" id="refusal" role="alert">
      <span className="before" aria-hidden="true">
        {before}
      </span>
      <span aria-hidden="true">^ </span>
      <span className="words">{[fault.message, fault.hint && capital(fault.hint)].filter(Boolean).join('. ')}</span>
    </div>
  )
}
