// What stands where the board will be: nothing has come yet, nothing answers, or it takes long.

import { useEffect, useState } from 'react'
import { type Fault, hasAnything } from '../api/client'
import { NothingYet } from '../logs/Nothing'
import { capital, rangeWords, sentence } from '../logs/words'
import { State } from '../parts/State'
import { changeView } from '../state/useView'
import { FROM_DEFAULT, TO_DEFAULT, type View } from '../state/view'

export function Absent({ view }: { view: View }) {
  const [arrived, setArrived] = useState<boolean>()
  useEffect(() => {
    const asking = new AbortController()
    hasAnything(asking.signal).then(setArrived, () => undefined)
    return () => asking.abort()
  }, [])
  if (arrived === undefined) return null
  // The board asks again by itself; there is nothing to do when the first line comes.
  if (!arrived) return <NothingYet onArrived={() => undefined} />
  return (
    <State title={`No component spoke in ${rangeWords(view, Date.now())}.`}>
      <p className="row">
        <button type="button" className="act" onClick={() => changeView({ from: FROM_DEFAULT, to: TO_DEFAULT })}>
          Look at the last 1 h
        </button>
        <button type="button" className="act" onClick={() => changeView({ from: '-24h', to: TO_DEFAULT })}>
          Look at the last 24 h
        </button>
      </p>
    </State>
  )
}

export function Failed({ fault, onAgain }: { fault: Fault; onAgain: () => void }) {
  const unreachable = fault.code === 'unreachable'
  return (
    <State title={unreachable ? 'The server does not answer.' : 'Health could not be told.'}>
      <p className="ink2">{unreachable ? `Nothing answered at ${location.host}: the server is down, or the way there is.` : capital(sentence(fault.message))}</p>
      {!unreachable && fault.hint !== undefined && <p className="ink2">{capital(sentence(fault.hint))}</p>}
      <p className="row">
        <button type="button" className="tool primary" onClick={onAgain}>
          Ask again
        </button>
        <button type="button" className="tool edge" onClick={() => changeView({ from: FROM_DEFAULT, to: TO_DEFAULT })}>
          Look at the last 1 h instead
        </button>
      </p>
      <p className="data ink3">{fault.code}</p>
    </State>
  )
}

const ROWS = [46, 62, 38, 54, 70, 42, 58, 34] as const

/** On the grid of the page. */
export function Skeleton() {
  return (
    <div className="health bare" aria-hidden="true">
      <div className="answer">
        <i className="bone tall" />
        <i className="bone" />
      </div>
      <div className="bones">
        {ROWS.map((width, n) => (
          <i key={n} className="bone" style={{ width: `${width}%` }} />
        ))}
      </div>
    </div>
  )
}
