// The tokens' colours for what is drawn on a canvas, which knows no custom properties. They change with
// the theme, whoever changes it: the person, or the system.

import { useEffect, useState } from 'react'

const NAMES = ['bg', 'sink', 'hover', 'select', 'line', 'line-strong', 'ink', 'ink2', 'ink3', 'accent', 'bad', 'bad-mark', 'warn-mark', 'bar', 'bar2', 'gap'] as const

export type Inks = Readonly<Record<(typeof NAMES)[number] | 'sans' | 'mono', string>>

export function useInks(): Inks {
  const [inks, setInks] = useState(read)
  useEffect(() => {
    const again = () => setInks(read())
    const dark = matchMedia('(prefers-color-scheme: dark)')
    const chosen = new MutationObserver(again)
    chosen.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
    dark.addEventListener('change', again)
    // A canvas does not wait for its fonts.
    void document.fonts.ready.then(again)
    return () => {
      chosen.disconnect()
      dark.removeEventListener('change', again)
    }
  }, [])
  return inks
}

/** A colour token holds both themes; only a property that uses it says which of them is meant. */
function read(): Inks {
  const probe = document.createElement('i')
  document.body.append(probe)
  const style = getComputedStyle(probe)
  const inks: Record<string, string> = {
    sans: style.getPropertyValue('--sans').trim(),
    mono: style.getPropertyValue('--mono').trim(),
  }
  for (const name of NAMES) {
    probe.style.color = `var(--${name})`
    inks[name] = style.color
  }
  probe.remove()
  return inks as Inks
}
