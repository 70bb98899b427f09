// A token for a session. Stands at /login, and in place of any page whose server asks for a token: the
// address stays, so one is back where one was.

import { type FormEvent, useState } from 'react'
import { type Fault, toFault } from '../api/client'
import { Link } from '../parts/Link'
import { State } from '../parts/State'
import { PAGES } from '../state/pages'
import { signIn, useSession } from '../state/session'
import './login.css'

export function Login({ onDone }: { onDone: () => void }) {
  const state = useSession()
  return (
    <main className="alone">
      {state.phase === 'open' ? <Signed needsToken={state.session.needsToken} /> : <Form onDone={onDone} />}
    </main>
  )
}

/** Where there is nothing to sign in to. */
function Signed({ needsToken }: { needsToken: boolean }) {
  return (
    <State title={needsToken ? 'You are signed in.' : 'This address asks for no token.'} middle>
      <p className="ink2">
        <Link className="act" href={PAGES[0].path}>
          Go to {PAGES[0].name}
        </Link>
      </p>
    </State>
  )
}

function Form({ onDone }: { onDone: () => void }) {
  const [token, setToken] = useState('')
  const [asking, setAsking] = useState(false)
  const [fault, setFault] = useState<Fault>()
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setAsking(true)
    try {
      await signIn(token.trim())
      onDone()
    } catch (error) {
      setFault(toFault(error))
      setAsking(false)
    }
  }
  return (
    <State title="This server asks for a token." middle>
      <form className="login" onSubmit={(event) => void submit(event)}>
        <label className="ink2" htmlFor="token">
          Token
        </label>
        <input
          id="token"
          className="field"
          type="password"
          autoComplete="current-password"
          autoFocus
          required
          value={token}
          aria-invalid={fault !== undefined}
          aria-describedby={fault === undefined ? undefined : 'refusal'}
          onChange={(event) => {
            setToken(event.target.value)
            setFault(undefined)
          }}
        />
        <button type="submit" className="tool primary" disabled={asking}>
          Sign in
        </button>
      </form>
      {fault !== undefined && (
        <p id="refusal" role="alert" className="bad">
          {refusal(fault)}
        </p>
      )}
      <p className="ink3 data">Tokens are lines of the file “tokens” in the server's data directory. Whoever runs the server has one for you.</p>
    </State>
  )
}

function refusal(fault: Fault): string {
  if (fault.code === 'unauthorized') return 'The server does not know this token.'
  if (fault.code === 'unreachable') return 'The server does not answer. Try again in a moment.'
  return `Not signed in: ${fault.message}${fault.hint === undefined ? '' : `; ${fault.hint}`}.`
}
