// The page's answer: a sentence whose names are links, and its evidence.

import type { ComponentHealth } from '../model/health'
import { seen } from '../model/message'
import type { Shorten } from '../model/names'
import { Link } from '../parts/Link'
import { evidenceOf, type Sentence } from './sentence'

export interface AnswerProps {
  readonly sentence: Sentence
  readonly shorten: Shorten
  readonly logsOf: (component: string) => string
  readonly firstError: (lead: ComponentHealth) => string
  readonly traceOf: (id: string) => string
}

export function Answer({ sentence: { pieces, lead }, shorten, logsOf, firstError, traceOf }: AnswerProps) {
  const failed = lead !== undefined && lead.errors > 0
  return (
    <div className="answer">
      <h2 className="sentence">
        {pieces.map((piece, at) =>
          'text' in piece ? (
            <span key={at} className={piece.soft ? 'soft' : undefined}>
              {piece.text}
            </span>
          ) : (
            <Link key={at} className={piece.bad ? 'name bad' : 'name'} href={logsOf(piece.component)} title={seen(piece.component)}>
              {seen(shorten(piece.component))}
            </Link>
          ),
        )}
      </h2>
      {lead !== undefined && (
        <p className="ink2 evidence">
          <span>{seen(evidenceOf({ ...lead, component: shorten(lead.component) }))}</span>
          {failed && (
            <Link className="act" href={firstError(lead)}>
              First error
            </Link>
          )}
          {lead.failedTrace !== undefined && (
            <Link className="act" href={traceOf(lead.failedTrace)}>
              A failing trace
            </Link>
          )}
        </p>
      )}
    </div>
  )
}
