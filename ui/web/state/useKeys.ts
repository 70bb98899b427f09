// Keys of the page: one listener for all who want some, the latest first.
//
//   'j' 'D' 'Escape'   by KeyboardEvent.key; Shift D is 'D'
//   'g l'              one after the other
//   'Ctrl k'           also Cmd; the only kind that works while somebody types
//
// - Never while somebody types or in a dialog, and a focused button keeps its own Space and Enter.
// - After the first key of a sequence the next key belongs to it, whatever it means alone.

import { useEffect, useRef } from 'react'
import { SEQUENCE_MS } from '../model/limits'

export type KeyMap = Readonly<Record<string, ((event: KeyboardEvent) => void) | undefined>>

const TYPING = 'input, textarea, select, [contenteditable=true]'
const PRESSABLE = 'button, a, summary'

export function useKeys(keys: KeyMap): void {
  const latest = useRef(keys)
  useEffect(() => {
    latest.current = keys
  })
  useEffect(() => {
    const current = () => latest.current
    if (maps.length === 0) addEventListener('keydown', onKey)
    maps.push(current)
    return () => {
      maps.splice(maps.indexOf(current), 1)
      if (maps.length === 0) removeEventListener('keydown', onKey)
    }
  }, [])
}

const maps: (() => KeyMap)[] = []
let begun: { readonly key: string; readonly at: number } | undefined

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || event.altKey) return
  const target = event.target instanceof Element ? event.target : document.body
  if (target.closest('dialog')) return
  if (event.ctrlKey || event.metaKey) return act(event, `Ctrl ${event.key.toLowerCase()}`)
  if (target.closest(TYPING) || MODIFIERS.includes(event.key)) return
  if ((event.key === ' ' || event.key === 'Enter') && target.closest(PRESSABLE)) return
  const first = begun !== undefined && event.timeStamp - begun.at <= SEQUENCE_MS ? begun.key : undefined
  begun = undefined
  if (first !== undefined) return act(event, `${first} ${event.key}`)
  if (maps.some((map) => Object.keys(map()).some((name) => name.startsWith(`${event.key} `)))) {
    begun = { key: event.key, at: event.timeStamp }
  } else act(event, event.key)
}

const MODIFIERS = ['Shift', 'Control', 'Alt', 'Meta', 'AltGraph', 'CapsLock']

function act(event: KeyboardEvent, name: string): void {
  const action = actionOf(maps.map((map) => map()), name)
  if (action === undefined) return
  event.preventDefault()
  action(event)
}

/** What a key does: the latest map that has it decides. */
export function actionOf(all: readonly KeyMap[], name: string): KeyMap[string] {
  return all.findLast((map) => Object.hasOwn(map, name) && map[name] !== undefined)?.[name]
}
