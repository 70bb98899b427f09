// What is below /traces: one trace, or the search for them.

import { oneAt } from '../state/pages'
import { usePath } from '../state/useAddress'
import { TracePage } from '../trace/Trace'
import { TraceSearch } from './TraceSearch'

export function Traces() {
  const one = oneAt(usePath())
  return one === undefined ? <TraceSearch /> : <TracePage key={one} />
}
