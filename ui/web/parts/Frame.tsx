// What stands around every page: name, pages, range, freshness, theme, keys.

import { type ReactNode, useState } from 'react'
import { toggleTheme } from '../state/theme'
import { useKeys } from '../state/useKeys'
import { Keys } from './Keys'
import { Mark } from './Mark'
import { Range, RANGE_ID } from './Range'

export interface FrameProps {
  /** The range in clock times. */
  readonly range: string
  /** The worst truth about how new the page is; nothing when all is delivered. */
  readonly fresh: string | undefined
  readonly freshDetail: string
  readonly children: ReactNode
}

export function Frame({ range, fresh, freshDetail, children }: FrameProps) {
  const [keys, setKeys] = useState(false)
  useKeys({
    '?': () => setKeys(true),
    D: toggleTheme,
    t: () => document.getElementById(RANGE_ID)?.focus(),
  })
  return (
    <div className="frame">
      <header className="top">
        <a className="brand" href="/">
          <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
            <path className="scale" d="M2 1.5h3M2 5.8h5M2 10.2h3M2 14.5h5" />
            <path className="water" d="M9.5 9.5c1.2-1 2.2-1 3.2 0s1.8 1 2.8.2V15H9.5Z" />
          </svg>
          <span className="wide">Nilometer</span>
        </a>
        <nav className="nav" aria-label="Pages">
          <a href="/logs" aria-current="page">
            Logs
          </a>
        </nav>
        <span className="grow" />
        <Range words={range} />
        {fresh !== undefined && (
          <span className="tool" role="status" title={freshDetail}>
            <Mark of="silent" />
            {fresh}
          </span>
        )}
        <button type="button" className="tool icon" title="Light or dark: Shift D" aria-label="Light or dark" onClick={toggleTheme}>
          ◐
        </button>
        <button type="button" className="tool icon wide" title="Keys: ?" aria-label="Keys" onClick={() => setKeys(true)}>
          ?
        </button>
      </header>
      <main>{children}</main>
      {keys && <Keys onClose={() => setKeys(false)} />}
    </div>
  )
}
