// The numbers of the chart as a table, for those who do not see it and those who want them exactly.

import { useRef, useState } from 'react'
import type { Zone } from '../../model/zone'
import { count } from '../words'
import type { Bucket } from './counts'
import { stretch } from './words'

export function Numbers({ buckets, zone }: { buckets: readonly Bucket[]; zone: Zone }) {
  const [open, setOpen] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const close = () => {
    setOpen(false)
    button.current?.focus()
  }
  return (
    <div
      className="numbers"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open) return
        event.preventDefault()
        close()
      }}
    >
      <button ref={button} type="button" className="tool edge" aria-expanded={open} onClick={() => setOpen(!open)}>
        Numbers
      </button>
      {open && <Listed buckets={buckets.filter((bucket) => bucket.lines > 0)} zone={zone} />}
    </div>
  )
}

function Listed({ buckets, zone }: { buckets: readonly Bucket[]; zone: Zone }) {
  return (
    <div className="scroll" role="region" aria-label="Numbers of the chart" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Lines</th>
            <th scope="col">Warnings</th>
            <th scope="col">Errors</th>
          </tr>
        </thead>
        <tbody>
          {buckets.map((bucket) => (
            <tr key={String(bucket.from)}>
              <th scope="row">{stretch(bucket, zone)}</th>
              <td>{count(bucket.lines)}</td>
              <td>{count(bucket.warnings)}</td>
              <td>{count(bucket.errors)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {buckets.length === 0 && <p className="ink3">No lines.</p>}
    </div>
  )
}
