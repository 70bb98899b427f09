// What is shown of what matches: its lines, or what they say.

import { useKeys } from '../state/useKeys'
import { changeView } from '../state/useView'
import type { View } from '../state/view'
import { howMany } from './patterns/rows'
import { count } from './words'

export interface TabsProps {
  readonly view: View
  /** Nothing while it is not known. */
  readonly lines: number | undefined
  readonly patterns: number | undefined
}

export function Tabs({ view, lines, patterns }: TabsProps) {
  const isLines = view.show === 'lines'
  const show = (show: View['show']) => changeView({ show, tail: show === 'lines' ? view.tail : false, open: undefined, around: undefined })
  useKeys({ v: () => show(isLines ? 'patterns' : 'lines') })
  return (
    <div className="tabs" role="tablist" aria-label="What is shown">
      <button type="button" role="tab" className="tool" aria-selected={isLines} title="The lines that match: v" onClick={() => show('lines')}>
        Lines {lines !== undefined && <span className="ink3 number">{count(lines)}</span>}
      </button>
      <button type="button" role="tab" className="tool" aria-selected={!isLines} title="What they say: v" onClick={() => show('patterns')}>
        Patterns {patterns !== undefined && <span className="ink3 number">{howMany(patterns)}</span>}
      </button>
    </div>
  )
}
