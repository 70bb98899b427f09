// Keys of the page. Never while somebody types, never together with Ctrl, Alt or Meta, and a focused
// button keeps its own Space and Enter.

import { useEffect, useRef } from 'react'

export type KeyMap = Readonly<Record<string, ((event: KeyboardEvent) => void) | undefined>>

const TYPING = 'input, textarea, select, dialog'
const PRESSABLE = 'button, a, summary'

/** By `KeyboardEvent.key`; `Shift D` is `D`. */
export function useKeys(keys: KeyMap): void {
  const latest = useRef(keys)
  useEffect(() => {
    latest.current = keys
  })
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return
      const target = event.target instanceof Element ? event.target : document.body
      if (target.closest(TYPING)) return
      if ((event.key === ' ' || event.key === 'Enter') && target.closest(PRESSABLE)) return
      const action = latest.current[event.key]
      if (action === undefined) return
      event.preventDefault()
      action(event)
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])
}
