// A search that failed: the cause in a sentence, the ways out, the code small.

import type { Fault } from '../api/client'
import { State } from '../parts/State'
import { changeView } from '../state/useView'
import { FROM_DEFAULT, TO_DEFAULT, type View } from '../state/view'
import { capital, sentence } from './words'

export function Failed({ fault, view, onAgain }: { fault: Fault; view: View; onAgain: () => void }) {
  const unreachable = fault.code === 'unreachable'
  const usual = view.from === FROM_DEFAULT && view.to === TO_DEFAULT
  return (
    <State title={unreachable ? 'The server does not answer.' : 'This search failed.'}>
      {unreachable ? (
        <p className="ink2">Nothing answered at {location.host}: the server is down, or the way there is.</p>
      ) : (
        <>
          <p className="ink2">{capital(sentence(fault.message))}</p>
          {fault.hint !== undefined && <p className="ink2">{capital(sentence(fault.hint))}</p>}
        </>
      )}
      <p className="row">
        <button type="button" className="tool primary" onClick={onAgain}>
          Run again
        </button>
        {!unreachable && !usual && (
          <button type="button" className="tool edge" onClick={() => changeView({ from: FROM_DEFAULT, to: TO_DEFAULT })}>
            Search the last 1 h instead
          </button>
        )}
        {!unreachable && usual && view.q !== '' && (
          <button type="button" className="tool edge" onClick={() => changeView({ q: '' })}>
            Show all lines instead
          </button>
        )}
      </p>
      <p className="data ink3">{fault.code}</p>
    </State>
  )
}
