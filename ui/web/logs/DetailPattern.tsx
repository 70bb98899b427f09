// What a record's message says once its variables are left out: whether that is new, and how often it is said.

import { patternOf } from '../api/patterns'
import type { LogRecord } from '../model/record'
import { withTerm } from '../model/terms'
import { useAsked } from '../state/useAsked'
import type { Question } from '../state/question'
import { changeView } from '../state/useView'
import type { View } from '../state/view'
import { placeOfKey } from './copies'
import { saidBefore, weekBefore } from './patterns/rows'
import { Template } from './patterns/Template'
import { dayAndMinute, lines } from './words'

export interface DetailPatternProps {
  readonly record: LogRecord
  readonly view: View
  readonly question: Question
}

export function DetailPattern({ record, view, question }: DetailPatternProps) {
  const { from, to } = question
  const since = weekBefore(from) ?? from
  const asked = useAsked(JSON.stringify([record.key, since, to]), (signal) =>
    patternOf({ ...placeOfKey(record.key), at: record.at }, { from: since, to }, signal),
  )
  const found = asked.phase === 'failed' ? undefined : asked.answer
  if (found === undefined) return null
  const before = saidBefore(found, from)
  const show = (show: View['show']) => changeView({ q: withTerm('', 'pattern', found.id, false), show, open: undefined, around: undefined })
  return (
    <>
      <h2 className="row">
        <span className="grow">This pattern</span>
        <button type="button" className="act" onClick={() => show('lines')}>
          Lines like it
        </button>
      </h2>
      <p className="template">
        <Template of={found.template} />
      </p>
      <p className="data ink2">
        {before ? (
          <>{lines(found.count)} in the range and the week before it.</>
        ) : (
          <>
            <b className="strong">New:</b> first said {dayAndMinute(found.first, view.zone)}, {lines(found.count)} since.
          </>
        )}
      </p>
    </>
  )
}
