// What messages say once their variables are left out.

import type { Nanos } from './time'

export interface Pattern {
  readonly id: string
  /** A variable is `<*>`. */
  readonly template: string
  readonly count: number
  readonly first: Nanos
  readonly last: Nanos
  /** The gravest of its lines. */
  readonly severity: string
  /** The one that says it most first. */
  readonly components: readonly string[]
}
