// Fields and their commonest values beside the list. A click asks for only that value, Alt and a click for
// all but it; both are written into the query, where they can be read and undone.

import { useEffect, useMemo, useRef } from 'react'
import { shortener } from '../../model/names'
import type { Question } from '../../state/question'
import { Group } from './Group'
import { severityValues } from './facets'
import './facets.css'
import { useFacets } from './useFacets'

export interface FacetsProps {
  readonly question: Question
  /** As it stands in the address, pipes included. */
  readonly q: string
  readonly onQuery: (q: string) => void
  /** Whether chart and list have their answers to the question. */
  readonly answered: boolean
  /** Lines of each severity, as the chart has counted them last. */
  readonly severities?: Readonly<Record<string, number>> | undefined
  /** On a narrow screen the facets are a drawer. */
  readonly open?: boolean | undefined
  readonly onClose?: (() => void) | undefined
}

const COMPONENT = 'component'
const OWN = ['severity', COMPONENT, 'node']
const VALUES_SHOWN = 10
const ATTRIBUTE_VALUES_SHOWN = 5

export function Facets({ question, q, onQuery, answered, severities, open = false, onClose }: FacetsProps) {
  const drawer = useRef<HTMLElement>(null)
  // The chart counts what matches; once a severity is chosen, the others must be counted beside it.
  const chosen = severities === undefined || /severity/.test(question.q)
  const facets = useFacets(question, answered, chosen)
  const components = facets.find((facet) => facet.field === COMPONENT)?.values
  const shorten = useMemo(() => shortener((components ?? []).map(({ value }) => value)), [components])
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
          onClose?.()
        }}
      >
        {facets.map((facet) => {
          const severity = facet.field === 'severity'
          const counted = severity ? severityValues(chosen ? countsOf(facet.values) : severities) : facet.values
          return (
            <Group
              key={facet.field}
              field={facet.field}
              q={q}
              values={severity && chosen && facet.values === undefined ? undefined : counted}
              phase={severity && !chosen && answered ? 'ready' : facet.phase}
              shown={OWN.includes(facet.field) ? VALUES_SHOWN : ATTRIBUTE_VALUES_SHOWN}
              shorten={facet.field === COMPONENT ? shorten : undefined}
              onQuery={onQuery}
            />
          )
        })}
      </aside>
    </>
  )
}

function countsOf(values: readonly { readonly value: string; readonly count: number }[] | undefined): Record<string, number> {
  return Object.fromEntries((values ?? []).map(({ value, count }) => [value, count]))
}
