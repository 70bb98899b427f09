// The range of time, which stays across pages: said in the header, changed in what opens under it.

import { type FocusEvent, type KeyboardEvent, useRef, useState } from 'react'
import type { Zone } from '../../model/zone'
import { zoneName } from '../../model/zone'
import { rangeName } from '../../state/range'
import type { View } from '../../state/view'
import { useOutside } from '../useOutside'
import './range.css'
import { RangePanel } from './RangePanel'

export const RANGE_ID = 'range'

export interface RangePickerProps {
  readonly view: View
  /** The range in clock times. */
  readonly words: string
  readonly onRange: (from: string, to: string) => void
  readonly onZone: (zone: Zone) => void
}

export function RangePicker({ view, words, onRange, onZone }: RangePickerProps) {
  const [open, setOpen] = useState(false)
  const place = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  useOutside(place, open, () => setOpen(false))
  const close = () => {
    setOpen(false)
    button.current?.focus()
  }
  const name = rangeName(view)
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || !open) return
    event.preventDefault()
    close()
  }
  const onBlur = (event: FocusEvent) => {
    const left = event.relatedTarget instanceof Node && !event.currentTarget.contains(event.relatedTarget)
    if (left) setOpen(false)
  }
  return (
    <div className="range-picker" ref={place} onKeyDown={onKeyDown} onBlur={onBlur}>
      <button
        ref={button}
        id={RANGE_ID}
        type="button"
        className="tool"
        aria-haspopup="dialog"
        aria-expanded={open}
        title="Time range: t"
        onClick={() => setOpen(!open)}
      >
        {name !== 'All time' && <span className={name === undefined ? 'ink' : 'clocks'}>{words}</span>}
        {name !== undefined && <span className="strong ink">{name}</span>}
        <span className="ink3 clocks">{zoneName(Date.now(), view.zone)}</span>
      </button>
      {open && (
        <RangePanel
          view={view}
          onRange={(from, to) => {
            close()
            onRange(from, to)
          }}
          onZone={onZone}
        />
      )}
    </div>
  )
}
