// Where traces are found by their addresses: the search with its filters, and one trace. Pure.

import { TRACE_LINES_AROUND_MS } from '../model/limits'
import { linesQuery } from '../model/request'
import { rfc3339 } from '../model/time'
import { pageHref, parseView, type View, viewHref } from '../state/view'

/** What the search is narrowed by, besides the query and the range. As the API names them. */
export interface Filters {
  readonly service: string
  readonly operation: string
  readonly min_duration: string
  readonly max_duration: string
  readonly error: boolean
  readonly order: 'start' | 'duration'
}

export const NO_FILTERS: Filters = { service: '', operation: '', min_duration: '', max_duration: '', error: false, order: 'start' }

export function filtersOf(besides: URLSearchParams): Filters {
  const said = (name: string) => besides.get(name) ?? ''
  return {
    service: said('service'),
    operation: said('operation'),
    min_duration: said('min_duration'),
    max_duration: said('max_duration'),
    error: said('error') === 'true',
    order: said('order') === 'duration' ? 'duration' : 'start',
  }
}

/** A trace, and a span in it; the range goes along. */
export function traceHref(view: View, id: string, span?: string): string {
  const href = pageHref(`/traces/${encodeURIComponent(id)}`, view)
  return span === undefined ? href : `${href}${href.includes('?') ? '&' : '?'}open=${encodeURIComponent(span)}`
}

/** Traces that fit a query, in the range of the view. */
export function tracesHref({ from, to, zone }: View, { q }: { readonly q: string }): string {
  return viewHref({ ...parseView(''), q, from, to, zone }, '/traces')
}

/** The lines of a trace, around it in time. */
export function linesHref(view: View, id: string, fromMs: number, toMs: number): string {
  const around = { from: rfc3339(Math.floor(fromMs) - TRACE_LINES_AROUND_MS), to: rfc3339(Math.ceil(toMs) + TRACE_LINES_AROUND_MS) }
  return viewHref({ ...parseView(''), q: linesQuery(id), ...around, zone: view.zone })
}
