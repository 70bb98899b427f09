// What the Paths page says in its address besides the range: whose paths, and which of them is looked at.

import { go } from '../state/address'
import { parseView, viewHref } from '../state/view'

export interface Chosen {
  /** Where the traces enter. */
  readonly service: string
  readonly operation: string
  /** Id of the path whose owners are shown; the commonest when it is not said. */
  readonly path: string | undefined
}

/** Nothing is chosen while the address does not say both. */
export function parseChosen(search: string): Chosen | undefined {
  const params = new URLSearchParams(search)
  const [service, operation] = [params.get('service'), params.get('operation')]
  if (service === null || operation === null) return undefined
  return { service, operation, path: params.get('path') ?? undefined }
}

/** The address of what is chosen, in the range that is shown now. */
export function chosenHref({ service, operation, path }: Chosen, search: string): string {
  const besides = new URLSearchParams({ service, operation })
  if (path !== undefined) besides.set('path', path)
  const { from, to, zone } = parseView(search)
  return viewHref({ ...parseView(''), from, to, zone }, '/paths', besides)
}

export function choose(chosen: Chosen): void {
  go(chosenHref(chosen, location.search), 'replace')
}

/** The traces of an entry, on their page. */
export function tracesHref({ service, operation }: Pick<Chosen, 'service' | 'operation'>, search: string): string {
  const { from, to, zone } = parseView(search)
  const besides = new URLSearchParams({ service, operation, order: 'duration' })
  return viewHref({ ...parseView(''), from, to, zone }, '/traces', besides)
}
