// What the lines of a question say, what they said in the week before, and how often in each part of the range.

import { type Patterns, patternIds, patternSteps, patterns } from '../../api/patterns'
import { PATTERN_ROWS, PATTERNS_MAX, SPARK_POINTS, TABLE_ROWS_MAX } from '../../model/limits'
import { filterPart } from '../../model/query'
import type { Question } from '../../state/question'
import { type Asked, useAsked } from '../../state/useAsked'
import { type PatternRow, pointsOf, rowsOf, stepsOf, weekBefore } from './rows'

export interface PatternsShown {
  readonly asked: Asked<Patterns>
  readonly rows: readonly PatternRow[]
  /** By id; of rows further down none. */
  readonly points: ReadonlyMap<string, readonly number[]>
}

const NO_POINTS: PatternsShown['points'] = new Map()

/** `vanished`: what was said in the week before, and is not said in the range. */
export function usePatterns(question: Question, vanished: boolean): PatternsShown {
  const { from, to, turn } = question
  const q = filterPart(question.q)
  const before = weekBefore(from)
  const name = JSON.stringify([q, from, to, turn, vanished])
  const asked = useAsked(name, (signal) =>
    vanished && before !== undefined
      ? patterns({ q, from: before, to }, { limit: PATTERNS_MAX, vanishedSince: from }, signal)
      : patterns({ q, from, to }, { limit: PATTERNS_MAX }, signal),
  )
  const usual = useAsked(before === undefined || vanished ? undefined : name, (signal) =>
    patternIds({ q, from: before ?? from, to: from }, TABLE_ROWS_MAX, signal),
  )
  const rows = rowsOf(asked.answer?.patterns ?? [], vanished ? undefined : usual.answer)
  const steps = stepsOf(vanished ? (before ?? from) : from, to)
  const ids = rows.slice(0, PATTERN_ROWS).map(({ pattern }) => pattern.id)
  const drawn = asked.phase === 'ready' && ids.length > 0 && steps !== undefined
  const counted = useAsked(drawn ? JSON.stringify([name, ids]) : undefined, (signal) =>
    patternSteps(
      { q, from: vanished ? (before ?? from) : from, to },
      { ids, step: steps?.step ?? '1m', limit: PATTERN_ROWS * (SPARK_POINTS + 2) },
      signal,
    ),
  )
  const points = steps === undefined || counted.answer === undefined ? NO_POINTS : pointsOf(steps, counted.answer)
  return { asked, rows, points }
}
