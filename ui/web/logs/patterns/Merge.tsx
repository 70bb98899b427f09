// Asks once more before two patterns become one: nothing takes them apart again.

import { useState } from 'react'
import { type Fault, toFault } from '../../api/client'
import { mergePattern } from '../../api/patterns'
import type { Pattern } from '../../model/pattern'
import { Dialog } from '../../parts/Dialog'
import { capital, sentence } from '../words'
import { Template } from './Template'

export interface MergeProps {
  readonly from: Pattern
  readonly into: Pattern
  readonly onDone: () => void
  readonly onClose: () => void
}

export function Merge({ from, into, onDone, onClose }: MergeProps) {
  const [fault, setFault] = useState<Fault>()
  const [busy, setBusy] = useState(false)
  const merge = () => {
    setBusy(true)
    mergePattern(from.id, into.id).then(onDone, (error: unknown) => {
      setFault(toFault(error))
      setBusy(false)
    })
  }
  return (
    <Dialog label="Merge two patterns" onClose={onClose}>
      <div className="merge">
        <h2>Make one pattern of these two?</h2>
        <p className="template">
          <Template of={from.template} />
        </p>
        <p className="template">
          <Template of={into.template} />
        </p>
        <p className="ink2">They are counted as one from now on, also in what is kept. Nothing takes them apart again; both names stay good.</p>
        {fault !== undefined && <p className="bad">{sentence(capital(fault.message))}</p>}
        <div className="row">
          <button type="button" className="tool primary" disabled={busy} onClick={merge}>
            Merge
          </button>
          <button type="button" className="tool" onClick={onClose}>
            Cancel <kbd>Esc</kbd>
          </button>
        </div>
      </div>
    </Dialog>
  )
}
