// The list of lines: oldest above, opened at its newest end, only what is in sight is drawn. Older lines
// come in above without moving what is read; new ones below are followed until somebody scrolls away.

import { useCallback, useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from 'react'
import type { LogRecord } from '../model/record'
import { rowsInSight, scrollToShow, type Sight } from '../parts/window'
import type { ListItem } from './items'
import { LogRow } from './LogRow'

export const LIST_ID = 'lines'
const NARROW = '(max-width: 640px)'

export interface LogListProps {
  readonly items: readonly ListItem[]
  /** Rises when the list is to be at its newest end. */
  readonly turn: number
  readonly chosen: string | undefined
  /** What stands above the first row; it has the height of one to three rows. */
  readonly above: React.ReactNode
  readonly onOpen: (record: LogRecord) => void
  readonly onAway: () => void
}

export function LogList({ items, turn, chosen, above, onOpen, onAway }: LogListProps) {
  const rowHeight = useNarrow() ? 44 : 20
  const head = above === null ? 0 : rowHeight === 44 ? 44 : 28
  const box = useRef<HTMLDivElement>(null)
  const follows = useRef(true)
  const [sight, setSight] = useState<Sight>({ top: 0, height: 0 })
  const look = useCallback(() => {
    const element = box.current
    if (element !== null) setSight({ top: element.scrollTop - head, height: element.clientHeight })
  }, [head])

  useResize(box, look)
  useStay(box, { items, turn, rowHeight, head, follows })
  const shown = useRef<string>(undefined)
  useLayoutEffect(() => {
    // Once per choice, as soon as its row is there: rows that come in later must not move what is read.
    if (chosen === undefined) shown.current = undefined
    if (chosen === shown.current) return
    const index = items.findIndex((item) => item.id === chosen)
    const element = box.current
    if (index < 0 || element === null) return
    shown.current = chosen
    const top = scrollToShow({ top: element.scrollTop - head, height: element.clientHeight }, rowHeight, index)
    if (top !== undefined) element.scrollTop = top + head
  }, [chosen, items, head, rowHeight])
  useLayoutEffect(look, [look, items])

  const onScroll = () => {
    const element = box.current
    if (element === null) return
    follows.current = element.scrollTop + element.clientHeight >= element.scrollHeight - rowHeight
    if (!follows.current) onAway()
    look()
  }
  const [first, last] = rowsInSight(sight, rowHeight, items.length)
  return (
    <div ref={box} id={LIST_ID} className="list scroll" role="region" tabIndex={0} aria-label="Log lines" onScroll={onScroll}>
      {above}
      <ol style={{ height: items.length * rowHeight + 8, marginTop: head }}>
        {items.slice(first, last).map((item, offset) => (
          <LogRow key={item.id} item={item} top={(first + offset) * rowHeight} on={item.id === chosen} onOpen={onOpen} />
        ))}
      </ol>
    </div>
  )
}

interface Stay {
  readonly items: readonly ListItem[]
  readonly turn: number
  readonly rowHeight: number
  readonly head: number
  readonly follows: React.RefObject<boolean>
}

/** After each change of rows: at the newest end after an answer and while followed, else where it was. */
function useStay(box: React.RefObject<HTMLDivElement | null>, { items, turn, rowHeight, head, follows }: Stay) {
  const former = useRef({ turn: -1, first: '', head })
  useLayoutEffect(() => {
    const element = box.current
    if (element === null) return
    const before = former.current
    if (turn !== before.turn || follows.current) {
      element.scrollTop = element.scrollHeight
      follows.current = true
    } else {
      const added = items.findIndex((item) => item.id === before.first)
      const moved = Math.max(added, 0) * rowHeight + head - before.head
      if (moved !== 0) element.scrollTop += moved
    }
    former.current = { turn, first: firstRecord(items), head }
  }, [box, items, turn, rowHeight, head, follows])
}

function firstRecord(items: readonly ListItem[]): string {
  return items.find((item) => item.kind === 'record')?.id ?? ''
}

function useResize(box: React.RefObject<HTMLDivElement | null>, onResize: () => void) {
  useEffect(() => {
    const element = box.current
    if (element === null) return
    const observer = new ResizeObserver(onResize)
    observer.observe(element)
    return () => observer.disconnect()
  }, [box, onResize])
}

function useNarrow(): boolean {
  return useSyncExternalStore(
    (listener) => {
      const query = matchMedia(NARROW)
      query.addEventListener('change', listener)
      return () => query.removeEventListener('change', listener)
    },
    () => matchMedia(NARROW).matches,
  )
}
