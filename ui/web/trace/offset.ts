// When something happened, counted from the beginning of its trace.

import { duration, type Nanos } from '../model/time'

/** `+49 ms` */
export function offset(at: Nanos, begin: Nanos): string {
  const ms = Number(at - begin) / 1e6
  return `${ms < 0 ? '−' : '+'}${duration(Math.abs(ms))}`
}
