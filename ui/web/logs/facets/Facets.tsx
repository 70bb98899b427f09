// Fields and their commonest values beside the list. A click asks for only that value, Alt and a click for
// all but it; both are written into the query, where they can be read and undone.

import { useEffect, useRef } from 'react'
import type { Shorten } from '../../model/names'
import { COMPONENT, FIRST_FIELDS, SEVERITY } from './facets'
import './facets.css'
import { Group } from './Group'
import type { Facet } from './useFacets'

export interface FacetsProps {
  readonly facets: readonly Facet[]
  readonly shorten: Shorten
  /** As it stands in the address, pipes included. */
  readonly q: string
  readonly onQuery: (q: string) => void
  /** On a narrow screen the facets are a drawer. */
  readonly open: boolean
  readonly onClose: () => void
}

const OWN = [SEVERITY, ...FIRST_FIELDS]
const VALUES_SHOWN = 10
const ATTRIBUTE_VALUES_SHOWN = 5

export function Facets({ facets, shorten, q, onQuery, open, onClose }: FacetsProps) {
  const drawer = useRef<HTMLElement>(null)
  useEffect(() => {
    if (!open) return
    const opener = document.activeElement
    drawer.current?.querySelector('button')?.focus()
    return () => {
      if (opener instanceof HTMLElement) opener.focus()
    }
  }, [open])
  return (
    <>
      {open && <div className="facets-veil" onClick={onClose} />}
      <aside
        ref={drawer}
        className={open ? 'facets scroll open' : 'facets scroll'}
        aria-label="Fields"
        onKeyDown={(event) => {
          if (event.key !== 'Escape' || !open) return
          event.preventDefault()
          onClose()
        }}
      >
        {facets.map(({ field, values, phase }) => (
          <Group
            key={field}
            field={field}
            q={q}
            values={values}
            phase={phase}
            shown={OWN.includes(field) ? VALUES_SHOWN : ATTRIBUTE_VALUES_SHOWN}
            shorten={field === COMPONENT ? shorten : undefined}
            onQuery={onQuery}
          />
        ))}
      </aside>
    </>
  )
}
