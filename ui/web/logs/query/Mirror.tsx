// The query in colours, behind which the input lies. It shows every character that the input holds, blanks
// included: otherwise the caret would stand beside its letter.

import { memo, type ReactNode } from 'react'
import { tokens } from '../../model/tokens'

export const EXAMPLE = 'Words, field:value, "a phrase", /regex/, | stats'

export const Mirror = memo(function Mirror({ q, example = EXAMPLE }: { q: string; example?: string | undefined }) {
  return (
    <div className="mirror" aria-hidden="true">
      {q === '' ? <span className="example">{example}</span> : coloured(q)}
    </div>
  )
})

function coloured(q: string): readonly ReactNode[] {
  let at = 0
  const parts = tokens(q).flatMap(({ kind, from, to }) => {
    const before = q.slice(at, from)
    at = to
    return [
      before,
      <span key={from} className={`t-${kind}`}>
        {q.slice(from, to)}
      </span>,
    ]
  })
  return [...parts, q.slice(at)]
}
