// The Trace page: one request through all services. First the answer (where it failed, or where its time
// went), then the whole of it, then every span.

import { useState } from 'react'
import { seen } from '../model/message'
import { oneAt } from '../state/pages'
import { nowMs } from '../state/now'
import { usePath } from '../state/useAddress'
import { useView } from '../state/useView'
import { Frame } from '../parts/Frame'
import { Link } from '../parts/Link'
import { State } from '../parts/State'
import { capital, rangeWords, sentence } from '../logs/words'
import { pageHref, type View } from '../state/view'
import { TraceBody } from './TraceBody'
import './trace.css'
import { type TraceAnswer, useTrace } from './useTrace'

export function TracePage() {
  const id = oneAt(usePath()) ?? ''
  const view = useView()
  const [turn, setTurn] = useState(0)
  const answer = useTrace(id, turn)
  const again = () => setTurn((now) => now + 1)
  return (
    <Frame range={rangeWords(view, nowMs())} commands={[{ name: 'Load this trace again', what: 'action', run: again }]}>
      {answer.trace !== undefined && answer.trace.spans.length > 0 ? (
        <TraceBody key={answer.trace.id} trace={answer.trace} former={answer.phase === 'loading'} view={view} onAgain={again} />
      ) : answer.phase === 'loading' ? (
        <Bones />
      ) : (
        <Absent id={id} answer={answer} view={view} onAgain={again} />
      )}
    </Frame>
  )
}


function Absent({ id, answer: { fault }, view, onAgain }: { id: string; answer: TraceAnswer; view: View; onAgain: () => void }) {
  const unreachable = fault?.code === 'unreachable'
  const unknown = fault === undefined || fault.code === 'not_found'
  return (
    <State title={unreachable ? 'The server does not answer.' : unknown ? 'This trace is not here.' : 'This trace could not be read.'}>
      <p className="ink2">
        {unreachable
          ? `Nothing answered at ${location.host}: the server is down, or the way there is.`
          : unknown
            ? `No span with the trace id ${seen(id)} has arrived. It may still come, it may not have been sampled, or it has expired.`
            : said(fault.message)}
      </p>
      {!unreachable && !unknown && fault.hint !== undefined && <p className="ink2">{said(fault.hint)}</p>}
      <p className="row">
        <button type="button" className="tool primary" onClick={onAgain}>
          Try again
        </button>
        <Link className="tool edge" href={pageHref('/traces', view)}>
          All traces
        </Link>
      </p>
      {fault !== undefined && <p className="data ink3">{fault.code}</p>}
    </State>
  )
}

function said(words: string): string {
  return capital(sentence(seen(words)))
}

/** Where the rows will be. Seen only when it takes long. */
function Bones() {
  return (
    <div className="trace-bones" aria-hidden="true">
      {Array.from({ length: 12 }, (_, n) => (
        <i key={n} style={{ marginLeft: `${(n * 7) % 30}%`, width: `${30 + ((n * 13) % 40)}%` }} />
      ))}
    </div>
  )
}
