// What the server has to offer to the palette: its components, once, and the fields that begin as typed,
// when typing rests. Each answer to an earlier text is given up.

import { useEffect, useState } from 'react'
import { complete, type Fault, fieldValues, toFault } from '../api/client'
import { PALETTE_COMPONENTS_MAX, PALETTE_REST_MS } from '../model/limits'
import { useView } from '../state/useView'

export interface Offers {
  readonly components: readonly string[]
  /** With their colon. */
  readonly fields: readonly string[]
  readonly fault: Fault | undefined
}

export function useOffers(typed: string): Offers {
  const { from, to } = useView()
  const [components, setComponents] = useState<readonly string[]>([])
  const [fields, setFields] = useState<readonly string[]>([])
  const [fault, setFault] = useState<Fault>()
  useEffect(() => {
    const asking = new AbortController()
    const failed = (error: unknown) => asking.signal.aborted || setFault(toFault(error))
    const all = { q: '', from, to }
    fieldValues(all, 'component', PALETTE_COMPONENTS_MAX, asking.signal).then(
      (values) => setComponents(values.map(({ value }) => value)),
      failed,
    )
    return () => asking.abort()
  }, [from, to])
  useEffect(() => {
    const asking = new AbortController()
    const failed = (error: unknown) => asking.signal.aborted || setFault(toFault(error))
    const ask = async () => {
      if (!/^[\w.@-]+$/.test(typed)) return setFields([])
      const { items } = await complete(typed, typed.length, { from, to }, asking.signal)
      setFields(items.filter(({ kind }) => kind === 'field').map(({ text }) => text))
    }
    const timer = setTimeout(() => void ask().catch(failed), PALETTE_REST_MS)
    return () => {
      clearTimeout(timer)
      asking.abort()
    }
  }, [typed, from, to])
  return { components, fields, fault }
}
