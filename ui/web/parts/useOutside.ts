// A press anywhere else closes what stands open.

import { type RefObject, useEffect, useRef } from 'react'

/** `place`: what is open, with the button that opened it, which closes it by itself. */
export function useOutside(place: RefObject<HTMLElement | null>, open: boolean, onOutside: () => void): void {
  const latest = useRef(onOutside)
  useEffect(() => {
    latest.current = onOutside
  })
  useEffect(() => {
    if (!open) return
    const onPointerDown = (event: PointerEvent) => {
      const inside = event.target instanceof Node && place.current?.contains(event.target)
      if (!inside) latest.current()
    }
    addEventListener('pointerdown', onPointerDown)
    return () => removeEventListener('pointerdown', onPointerDown)
  }, [open, place])
}
