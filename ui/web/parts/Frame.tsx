// What stands around every page: the header, the palette, the keys that work everywhere, and what is said
// aloud. A page draws itself into it and hands it what it can do.

import { type ReactNode, useEffect, useState } from 'react'
import { announce, useSaid } from '../state/announce'
import { go } from '../state/address'
import type { Command } from '../state/commands'
import { nowMs } from '../state/now'
import { PAGES, pageAt } from '../state/pages'
import { type Range, shifted, widened } from '../state/range'
import { rememberQuery } from '../state/recent'
import { signOut, useSession } from '../state/session'
import { chooseTheme, toggleTheme } from '../state/theme'
import { toast, useToast } from '../state/toast'
import { usePath } from '../state/useAddress'
import { type KeyMap, useKeys } from '../state/useKeys'
import { changeView, hereHref, useView } from '../state/useView'
import { absolute, pageHref, TO_DEFAULT, type View } from '../state/view'
import { copy } from './copy'
import { Header } from './Header'
import { Keys } from './Keys'
import { Palette } from './Palette'
import { RANGE_ID, RangePicker } from './range/RangePicker'

export interface FrameProps {
  /** The range in clock times. */
  readonly range: string
  /** The worst truth about how new the page is; nothing when all is delivered. */
  readonly fresh?: string | undefined
  readonly freshDetail?: string | undefined
  /** What the page can do, for the palette. */
  readonly commands?: readonly Command[]
  readonly children: ReactNode
}

type Open = 'palette' | 'keys' | undefined

export function Frame({ range, fresh, freshDetail, commands = [], children }: FrameProps) {
  const [open, setOpen] = useState<Open>()
  const page = pageAt(usePath())
  const view = useView()
  const close = () => setOpen(undefined)
  const all = [...commands, ...useFrameCommands(view, () => setOpen('keys'))]
  useKeys({ ...pageKeys(view), ...frameKeys(view, setOpen) })
  useEffect(() => rememberQuery(view.q), [view.q])
  useEffect(() => {
    document.title = page === undefined ? 'Nilometer' : `${page.name} · Nilometer`
  }, [page])
  useEffect(() => {
    if (fresh !== undefined) announce(freshDetail ?? fresh, 'error')
  }, [fresh, freshDetail])
  return (
    <div className="frame">
      <Header
        range={
          <RangePicker view={view} words={range} onRange={(from, to) => goTo({ from, to })} onZone={(zone) => changeView({ zone }, 'replace')} />
        }
        fresh={fresh}
        freshDetail={freshDetail}
        onFind={() => setOpen('palette')}
        onKeys={() => setOpen('keys')}
      />
      <main>
        <h1 className="unseen">{page?.name ?? 'Nilometer'}</h1>
        {children}
      </main>
      <Said />
      {open === 'palette' && <Palette commands={all} onClose={close} />}
      {open === 'keys' && <Keys page={page?.name ?? ''} keys={page?.keys ?? []} onClose={close} />}
    </div>
  )
}

/** A brush is a part of the range that it was drawn in; a range that ends before now has no tail. */
function goTo({ from, to }: Range): void {
  changeView(to === TO_DEFAULT ? { from, to, brush: undefined } : { from, to, brush: undefined, tail: false })
}

function openRange(): void {
  document.getElementById(RANGE_ID)?.click()
}

function pageKeys(view: View): KeyMap {
  return Object.fromEntries(PAGES.map(({ path, key }) => [`g ${key}`, () => go(pageHref(path, view))]))
}

function frameKeys(view: View, open: (what: Open) => void): KeyMap {
  return {
    'Ctrl k': () => open('palette'),
    '?': () => open('keys'),
    D: toggleTheme,
    t: openRange,
    z: () => goTo(widened(view, nowMs())),
    '[': () => goTo(shifted(view, -1, nowMs())),
    ']': () => goTo(shifted(view, 1, nowMs())),
    y: () => void copyPermalink(view),
  }
}

function useFrameCommands(view: View, onKeys: () => void): readonly Command[] {
  const state = useSession()
  const leave = state.phase === 'open' && state.session.needsToken
  return [
    ...PAGES.map(({ path, name, key }) => ({ name, what: 'page', keys: `g ${key}`, run: () => go(pageHref(path, view)) })),
    { name: 'Time range', what: 'action', keys: 't', run: openRange },
    { name: 'Zoom out', what: 'action', keys: 'z', run: () => goTo(widened(view, nowMs())) },
    { name: 'Copy permalink', what: 'action', keys: 'y', run: () => void copyPermalink(view) },
    { name: 'Light theme', what: 'action', run: () => chooseTheme('light') },
    { name: 'Dark theme', what: 'action', run: () => chooseTheme('dark') },
    { name: 'Theme of the system', what: 'action', run: () => chooseTheme('system') },
    { name: 'Keys', what: 'action', keys: '?', run: onKeys },
    ...(leave ? [{ name: 'Sign out', what: 'action', run: () => void signOut() }] : []),
  ]
}

/** The address with its relative times written out: what is shown now is found again by it. */
async function copyPermalink(view: View): Promise<void> {
  const now = nowMs()
  const still = { ...view, from: absolute(view.from, now), to: absolute(view.to, now), tail: false }
  toast((await copy(location.origin + hereHref(still))) ? 'Copied' : 'Not copied: the browser does not allow it')
}

/** What is said aloud, and the word that shows for a moment. */
function Said() {
  const said = useSaid()
  const word = useToast()
  return (
    <>
      <p className="unseen" role="status">
        {said}
      </p>
      {word !== undefined && (
        <p className="toast" role="status">
          {word}
        </p>
      )}
    </>
  )
}
