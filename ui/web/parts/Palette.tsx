// Search or jump: everything that can be gone to or done, found by typing. Pages, the page's own actions,
// recent queries, and what the server knows: components and fields.

import { type KeyboardEvent, useState } from 'react'
import { withTerm } from '../model/terms'
import { seen } from '../model/message'
import { type Command, found } from '../state/commands'
import { recentQueries } from '../state/recent'
import { useSession } from '../state/session'
import { searchFor } from '../state/useView'
import { Dialog } from './Dialog'
import { useOffers } from './offers'

export interface PaletteProps {
  /** Of the page and of the frame. */
  readonly commands: readonly Command[]
  readonly onClose: () => void
}

const LIST_ID = 'palette'

export function Palette({ commands, onClose }: PaletteProps) {
  const [typed, setTyped] = useState('')
  const [at, setAt] = useState(0)
  const { components, fields, fault } = useOffers(typed)
  const known = [...commands, ...queries(), ...components.map(component)]
  // What the server completes fits by its own rule; a search for the words themselves always goes.
  const shown = [...found(known, typed), ...fields.map(field), ...search(typed)]
  const chosen = Math.min(at, shown.length - 1)
  const run = (command: Command | undefined) => {
    if (command === undefined) return
    onClose()
    command.run()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = STEPS[event.key]
    if (event.key === 'Enter') run(shown[chosen])
    else if (event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey)) onClose()
    else if (step === undefined) return
    else setAt((chosen + step + shown.length) % Math.max(shown.length, 1))
    event.preventDefault()
  }
  return (
    <Dialog label="Search or jump" onClose={onClose}>
      <input
        className="find"
        autoFocus
        role="combobox"
        aria-expanded="true"
        aria-controls={LIST_ID}
        aria-activedescendant={`${LIST_ID}-${chosen}`}
        aria-label="Search or jump"
        placeholder="Page, component, field, recent query, action"
        autoComplete="off"
        spellCheck={false}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value)
          setAt(0)
        }}
        onKeyDown={onKeyDown}
      />
      <ul id={LIST_ID} className="found scroll" role="listbox" aria-label="Found">
        {shown.map((command, index) => (
          <Row
            key={`${command.what} ${command.name}`}
            id={`${LIST_ID}-${index}`}
            command={command}
            on={index === chosen}
            onPoint={() => setAt(index)}
            onRun={() => run(command)}
          />
        ))}
      </ul>
      <p className="fine label">
        {fault === undefined ? <Who /> : `Components and fields are not known: ${fault.message}.`}
      </p>
    </Dialog>
  )
}

const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 }

interface RowProps {
  readonly id: string
  readonly command: Command
  readonly on: boolean
  readonly onPoint: () => void
  readonly onRun: () => void
}

function Row({ id, command, on, onPoint, onRun }: RowProps) {
  const show = (row: HTMLLIElement | null) => {
    if (on) row?.scrollIntoView({ block: 'nearest' })
  }
  return (
    <li ref={show} id={id} role="option" aria-selected={on} onPointerMove={on ? undefined : onPoint} onClick={onRun}>
      <span className="cut grow">{seen(command.name)}</span>
      <span className="ink3 data">{command.what}</span>
      {command.keys !== undefined && <kbd>{command.keys}</kbd>}
    </li>
  )
}

function Who() {
  const state = useSession()
  if (state.phase !== 'open') return null
  const { needsToken, role, tenant } = state.session
  return needsToken ? `Signed in with the role ${role}, tenant ${tenant}.` : `Tenant ${tenant}. Nobody is asked for a token here.`
}

function queries(): Command[] {
  return recentQueries().map((q) => ({ name: q, what: 'recent query', run: () => searchFor(q) }))
}

function component(name: string): Command {
  return { name, what: 'component', run: () => searchFor(withTerm('', 'component', name, false)) }
}

function field(text: string): Command {
  return { name: `${text}*`, what: 'lines with this field', run: () => searchFor(`${text}*`) }
}

function search(typed: string): Command[] {
  const q = typed.trim()
  return q === '' ? [] : [{ name: q, what: 'search lines', run: () => searchFor(q) }]
}
