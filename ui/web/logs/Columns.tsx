// Which fields stand between time and message: those that the lines have, commonest first, and those that
// are chosen, in their order.

import { useEffect, useRef, useState } from 'react'
import { fields, type FieldSeen, type Search } from '../api/client'
import { seen } from '../model/message'
import { changeView } from '../state/useView'

export interface ColumnsProps {
  readonly search: Search
  readonly columns: readonly string[]
  readonly onClose: () => void
}

/** They stand in every row anyway. */
const IN_ROW = new Set(['time', 'severity', 'message'])

export function Columns({ search, columns, onClose }: ColumnsProps) {
  const [typed, setTyped] = useState('')
  const known = useFields(search)
  const menu = useRef<HTMLDivElement>(null)
  const input = useRef<HTMLInputElement>(null)
  const offered = (known ?? []).filter(({ name }) => !columns.includes(name) && !IN_ROW.has(name))
  const found = offered.filter(({ name }) => name.toLowerCase().includes(typed.trim().toLowerCase()))
  // The button that was pressed may be gone, and the focus with it.
  useEffect(() => {
    if (menu.current?.contains(document.activeElement) === false) input.current?.focus()
  }, [columns])
  const change = (next: readonly string[]) => changeView({ columns: next }, 'replace')
  const add = (name: string) => {
    setTyped('')
    change([...columns, name])
  }
  return (
    <div
      ref={menu}
      className="columns-menu"
      role="dialog"
      aria-label="Columns"
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        event.preventDefault()
        onClose()
      }}
    >
      <ul>
        {columns.map((name, at) => (
          <li key={name}>
            <span className="cut grow" title={name}>
              {seen(name)}
            </span>
            {at > 0 && (
              <button type="button" title="Further left" aria-label={`${name} further left`} onClick={() => change(swapped(columns, at))}>
                ←
              </button>
            )}
            <button type="button" title="Remove" aria-label={`Remove ${name}`} onClick={() => change(columns.filter((one) => one !== name))}>
              −
            </button>
          </li>
        ))}
      </ul>
      <input
        ref={input}
        className="field"
        type="text"
        aria-label="Find a field"
        placeholder="Add a field"
        autoFocus
        autoComplete="off"
        spellCheck={false}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => {
          const first = found[0]
          if (event.key === 'Enter' && first !== undefined) add(first.name)
        }}
      />
      <ul className="scroll">
        {found.map(({ name, count }) => (
          <li key={name}>
            <button type="button" className="cut grow" onClick={() => add(name)}>
              {seen(name)}
            </button>
            <span className="ink3">{count.toLocaleString('en-US')}</span>
          </li>
        ))}
        {known === undefined && <li className="ink3">Looking for fields</li>}
        {known !== undefined && found.length === 0 && <li className="ink3">No other field here</li>}
      </ul>
    </div>
  )
}

/** With one of them moved one place to the left. */
function swapped(columns: readonly string[], at: number): readonly string[] {
  const before = columns[at - 1]
  const here = columns[at]
  if (before === undefined || here === undefined) return columns
  return [...columns.slice(0, at - 1), here, before, ...columns.slice(at + 1)]
}

/** Nothing until they are known; a failure offers none. */
function useFields({ q, from, to }: Search): readonly FieldSeen[] | undefined {
  const [known, setKnown] = useState<readonly FieldSeen[]>()
  useEffect(() => {
    const asking = new AbortController()
    fields({ q, from, to }, asking.signal).then(setKnown, () => {
      if (!asking.signal.aborted) setKnown([])
    })
    return () => asking.abort()
  }, [q, from, to])
  return known
}
