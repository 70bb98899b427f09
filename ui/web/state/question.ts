// One question for all requests of a page: `-1h` and `now` become moments once, so that list, chart and
// facets count the same lines.

import { useCallback, useState } from 'react'
import { nowMs } from './now'
import { absolute, type View } from './view'

export interface Question {
  readonly q: string
  /** Absolute, RFC 3339; what is no time stands as it was typed. */
  readonly from: string
  readonly to: string
  /** Rises with every question: an answer to an earlier one is no longer waited for. */
  readonly turn: number
}

type Asked = Pick<View, 'q' | 'from' | 'to'>

export function questionOf({ q, from, to }: Asked, now: number, turn: number): Question {
  return { q, from: absolute(from, now), to: absolute(to, now), turn }
}

/** A new question when the query or the range changes, or by `ask`. */
export function useQuestion({ q, from, to }: Asked): { readonly question: Question; ask(): void } {
  const [state, setState] = useState(() => stateOf({ q, from, to }, 1))
  const ask = useCallback(() => setState(({ asked, question }) => stateOf(asked, question.turn + 1)), [])
  const { asked, question } = state
  if (asked.q === q && asked.from === from && asked.to === to) return { question, ask }
  // Set while drawing, so that nothing is ever drawn with the former question.
  const next = stateOf({ q, from, to }, question.turn + 1)
  setState(next)
  return { question: next.question, ask }
}

function stateOf(asked: Asked, turn: number): { readonly asked: Asked; readonly question: Question } {
  return { asked, question: questionOf(asked, nowMs(), turn) }
}
