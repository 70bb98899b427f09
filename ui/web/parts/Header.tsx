// The header: name, pages, find, range, freshness, who one is, theme, keys. On a phone the pages and find
// are a bar at the bottom.

import type { ReactNode } from 'react'
import { useFiring } from '../state/firing'
import { PAGES, pageAt } from '../state/pages'
import { signOut, useSession } from '../state/session'
import { toggleTheme } from '../state/theme'
import { usePath } from '../state/useAddress'
import { useView } from '../state/useView'
import { pageHref } from '../state/view'
import { Link } from './Link'
import { Mark } from './Mark'

export interface HeaderProps {
  readonly range: ReactNode
  readonly fresh: string | undefined
  readonly freshDetail: string | undefined
  readonly onFind: () => void
  readonly onKeys: () => void
}

export function Header({ range, fresh, freshDetail, onFind, onKeys }: HeaderProps) {
  return (
    <header className="top">
      <Link className="brand" href="/" aria-label="Nilometer">
        <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
          <path className="scale" d="M2 1.5h3M2 5.8h5M2 10.2h3M2 14.5h5" />
          <path className="water" d="M9.5 9.5c1.2-1 2.2-1 3.2 0s1.8 1 2.8.2V15H9.5Z" />
        </svg>
        <span className="wide">Nilometer</span>
      </Link>
      <Pages onFind={onFind} />
      <span className="grow" />
      <button type="button" className="tool finder" aria-label="Search or jump Ctrl K" onClick={onFind}>
        <span className="grow">Search or jump</span> <kbd>Ctrl K</kbd>
      </button>
      {range}
      {fresh !== undefined && (
        <span className="tool" title={freshDetail}>
          <Mark of="silent" />
          {fresh}
        </span>
      )}
      <Who />
      <button type="button" className="tool icon" title="Light or dark: Shift D" aria-label="Light or dark" onClick={toggleTheme}>
        ◐
      </button>
      <button type="button" className="tool icon wide" title="Keys: ?" aria-label="Keys" onClick={onKeys}>
        ?
      </button>
    </header>
  )
}

function Pages({ onFind }: { onFind: () => void }) {
  const here = pageAt(usePath())
  const view = useView()
  const firing = useFiring() ?? 0
  return (
    <nav className="nav" aria-label="Pages">
      {PAGES.map(({ path, name }) => (
        <Link key={path} href={pageHref(path, view)} aria-current={path === here?.path ? 'page' : undefined}>
          {name}
          {path === '/alerts' && firing > 0 && (
            <span className="count" aria-label={`${firing} ${firing === 1 ? 'fires' : 'fire'}`}>
              {firing}
            </span>
          )}
        </Link>
      ))}
      <button type="button" className="narrow" onClick={onFind}>
        Find
      </button>
    </nav>
  )
}

/** Only where a token is asked for: elsewhere there is nobody in particular. */
function Who() {
  const state = useSession()
  if (state.phase !== 'open' || !state.session.needsToken) return null
  const { role, tenant } = state.session
  return (
    <button type="button" className="tool wide" title={`Role ${role}, tenant ${tenant}`} onClick={() => void signOut()}>
      <span className="ink3 roomy">{tenant}</span> Sign out
    </button>
  )
}
