// A search that failed: the cause in a sentence, two ways out, the code small.

import { useState } from 'react'
import { type Fault, login, toFault } from '../api/client'
import { State } from '../parts/State'
import { changeView } from '../state/useView'
import { FROM_DEFAULT, TO_DEFAULT, type View } from '../state/view'
import { capital } from './words'

export function Failed({ fault, view, onAgain }: { fault: Fault; view: View; onAgain: () => void }) {
  if (fault.code === 'unauthorized') return <SignIn onDone={onAgain} />
  const usual = view.from === FROM_DEFAULT && view.to === TO_DEFAULT
  return (
    <State title={fault.code === 'unreachable' ? 'The server does not answer.' : 'This search failed.'}>
      {fault.code !== 'unreachable' && <p className="ink2">{sentence(fault.message)}</p>}
      {fault.hint !== undefined && <p className="ink2">{sentence(fault.hint)}</p>}
      <p className="row">
        <button type="button" className="tool primary" onClick={onAgain}>
          Run again
        </button>
        {!usual && (
          <button type="button" className="tool edge" onClick={() => changeView({ from: FROM_DEFAULT, to: TO_DEFAULT })}>
            Search the last 1 h instead
          </button>
        )}
        {usual && view.q !== '' && (
          <button type="button" className="tool edge" onClick={() => changeView({ q: '' })}>
            Show all lines instead
          </button>
        )}
      </p>
      <p className="data ink3">{fault.code}</p>
    </State>
  )
}

function SignIn({ onDone }: { onDone: () => void }) {
  const [token, setToken] = useState('')
  const [refused, setRefused] = useState<string>()
  const signIn = async () => {
    try {
      await login(token.trim())
      onDone()
    } catch (error) {
      setRefused(toFault(error).message)
    }
  }
  return (
    <State title="This server asks for a token.">
      <p className="ink2">It is in the file tokens in the server's data directory: the third word of a line.</p>
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault()
          void signIn()
        }}
      >
        <input
          className="field grow"
          type="password"
          aria-label="Token"
          autoComplete="current-password"
          value={token}
          onChange={(event) => setToken(event.target.value)}
        />
        <button type="submit" className="tool primary">
          Sign in
        </button>
      </form>
      {refused !== undefined && (
        <p className="bad" role="alert">
          {sentence(refused)}
        </p>
      )}
    </State>
  )
}

/** The server's words, lower case and without a dot, as a sentence. */
function sentence(words: string): string {
  return /[.!?]$/.test(words) ? capital(words) : `${capital(words)}.`
}
