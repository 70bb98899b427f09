// A place in the sentence of a rule where something is written or chosen. What is wrong with it stands below it.

import { type ReactNode, useId } from 'react'
import type { SlotName } from './draft'

export interface SlotsProps {
  readonly value: (slot: SlotName) => string
  readonly problem: (slot: SlotName) => string | undefined
  readonly onType: (slot: SlotName, value: string) => void
  readonly onTake: (slot: SlotName, value: string) => void
}

interface SlotProps {
  readonly of: SlotsProps
  readonly name: SlotName
  readonly label: string
}

/** Taken when one goes on, or on Enter. */
export function TextSlot({ of, name, label, usual, wide }: SlotProps & { readonly usual: string; readonly wide?: boolean }) {
  const value = of.value(name)
  return (
    <Problem of={of} name={name} wide={wide}>
      {(said) => (
        <input
          className="slot"
          aria-label={label}
          title={label}
          placeholder={usual}
          autoComplete="off"
          spellCheck={false}
          size={Math.max(value.length, usual.length, 2)}
          value={value}
          onChange={(event) => of.onType(name, event.target.value)}
          onBlur={() => of.onTake(name, value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && !event.ctrlKey) of.onTake(name, value)
            if (event.key === 'Escape') event.currentTarget.blur()
          }}
          {...said}
        />
      )}
    </Problem>
  )
}

export function ChoiceSlot({ of, name, label, choices }: SlotProps & { readonly choices: readonly (readonly [value: string, words: string])[] }) {
  const value = of.value(name)
  const first = choices[0]?.[0] ?? ''
  return (
    <Problem of={of} name={name}>
      {(said) => (
        <select className="slot" aria-label={label} title={label} value={value === '' ? first : value} onChange={(event) => of.onTake(name, event.target.value)} {...said}>
          {choices.map(([choice, words]) => (
            <option key={choice} value={choice}>
              {words}
            </option>
          ))}
        </select>
      )}
    </Problem>
  )
}

interface Said {
  readonly 'aria-invalid': boolean
  readonly 'aria-describedby': string | undefined
}

function Problem({ of, name, wide, children }: { of: SlotsProps; name: SlotName; wide?: boolean | undefined; children: (said: Said) => ReactNode }) {
  const id = useId()
  const problem = of.problem(name)
  return (
    <span className={wide ? 'slot-place grow' : 'slot-place'}>
      {children({ 'aria-invalid': problem !== undefined, 'aria-describedby': problem === undefined ? undefined : id })}
      {problem !== undefined && (
        <span id={id} className="label bad" role="alert">
          {problem}
        </span>
      )}
    </span>
  )
}
