// Which page is shown: the one of the address, or the login while the server asks for a token.

import { type ComponentType, useEffect } from 'react'
import { Alerts } from './alerts/Alerts'
import { Health } from './health/Health'
import { Login } from './login/Login'
import { Logs } from './logs/Logs'
import { Missing } from './parts/Missing'
import { Paths } from './paths/Paths'
import { go } from './state/address'
import { LOGIN_PATH, PAGES, type PagePath, pageAt } from './state/pages'
import { openSession, useSession } from './state/session'
import { usePath } from './state/useAddress'
import { Traces } from './traces/Traces'

const SCREENS: Readonly<Record<PagePath, ComponentType>> = { '/health': Health, '/logs': Logs, '/traces': Traces, '/paths': Paths, '/alerts': Alerts }

export function App() {
  const { phase } = useSession()
  const path = usePath()
  useEffect(() => void openSession(), [])
  if (path === LOGIN_PATH) return <Login onDone={() => go(PAGES[0].path, 'replace')} />
  if (phase === 'wanted') return <Login onDone={() => undefined} />
  const page = pageAt(path)
  if (page === undefined) return <Missing path={path} />
  const Screen = SCREENS[page.path]
  return <Screen />
}
