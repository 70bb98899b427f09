// How wide an element is, in whole pixels, for what is laid out by computing.

import { type RefObject, useLayoutEffect, useState } from 'react'

export function useWidth(element: RefObject<Element | null>): number {
  const [width, setWidth] = useState(0)
  useLayoutEffect(() => {
    const observed = element.current
    if (observed === null) return
    const look = () => setWidth(Math.floor(observed.getBoundingClientRect().width))
    look()
    const observer = new ResizeObserver(look)
    observer.observe(observed)
    return () => observer.disconnect()
  }, [element])
  return width
}
