// The keys of the list, and walking through it line by line, also over lines that are still on their way.

import { type RefObject, useEffect, useRef } from 'react'
import type { LogRecord } from '../model/record'
import { copy } from '../parts/copy'
import { toast } from '../state/toast'
import { useKeys } from '../state/useKeys'
import { changeView } from '../state/useView'
import { nextError, nextErrorIn } from './errors'
import type { Lines } from './lines'
import type { ListingProps } from './Listing'
import type { ListHandle } from './useScroller'

interface ListKeys extends ListingProps {
  readonly lines: Lines
  readonly handle: RefObject<ListHandle | null>
  /** The open or else the chosen line. */
  readonly record: LogRecord | undefined
  readonly onOpen: (record: LogRecord) => void
  readonly onChoose: (record: LogRecord) => void
  readonly onClose: () => void
  /** From the surroundings of a line to the list. */
  readonly onBack: () => void
}

export function useListKeys(props: ListKeys): { step(by: 1 | -1): void } {
  const { view, record, onOpen, onClose, onBack, onTail, feed } = props
  const step = useStep(props)
  const toError = useErrors(props)
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    Enter: record === undefined ? undefined : () => onOpen(record),
    Escape: view.open !== undefined ? onClose : view.around !== undefined ? onBack : undefined,
    e: () => toError(1),
    E: () => toError(-1),
    l: onTail,
    ' ': view.tail ? (feed.feed.tail.paused ? feed.resume : feed.pause) : undefined,
    o: () => changeView({ order: view.order === 'oldest' ? 'newest' : 'oldest' }),
    w: () => changeView({ wrap: !view.wrap }),
    c: record === undefined ? undefined : () => void copyRow(record),
  })
  return { step }
}

async function copyRow({ message }: LogRecord): Promise<void> {
  toast((await copy(message)) ? 'Copied' : 'Not copied: the browser does not allow it')
}

/** To the line below or above; to one that is not here yet as soon as it is. */
function useStep({ lines, handle, record, onChoose }: ListKeys): (by: 1 | -1) => void {
  const awaited = useRef<{ readonly index: number; readonly by: 1 | -1 }>(undefined)
  const go = (from: number, by: 1 | -1) => {
    awaited.current = undefined
    for (let index = from; index >= 0 && index < lines.count; index += by) {
      const line = lines.lineAt(index)
      if (line.kind === 'waiting') {
        awaited.current = { index, by }
        handle.current?.showIndex(index)
        return
      }
      if (line.kind !== 'record') continue
      onChoose(line.record)
      handle.current?.show(line.record, 'near')
      return
    }
  }
  useEffect(() => {
    const wanted = awaited.current
    if (wanted !== undefined && lines.lineAt(wanted.index).kind !== 'waiting') go(wanted.index, wanted.by)
  }, [lines])
  return (by) => {
    const at = record === undefined ? undefined : lines.indexOfRow(record)
    if (at !== undefined) return go(at + by, by)
    if (record !== undefined) return go(Math.min(lines.count - 1, lines.indexOfTime(record.at)), by)
    const { current } = handle
    go((by === 1 ? current?.first() : current?.last()) ?? 0, by)
  }
}

/** To the next error below or above, wherever in the range it lies. */
function useErrors({ view, question, feed, lines, record, handle, onChoose }: ListKeys): (by: 1 | -1) => void {
  const asking = useRef(new AbortController())
  const inSight = () => ({ key: undefined, at: lines.timeAt(handle.current?.first() ?? 0) })
  return async (by) => {
    asking.current.abort()
    asking.current = new AbortController()
    const { signal } = asking.current
    const way = (by === 1) === (view.order === 'oldest') ? 'later' : 'earlier'
    try {
      const found = view.tail
        ? nextErrorIn(feed.feed.rows, record?.key, way)
        : await nextError(question, record ?? inSight(), way, signal)
      if (signal.aborted) return
      if (found === undefined) return toast(by === 1 ? 'No further error' : 'No error before')
      onChoose(found)
      handle.current?.show(found, 'middle')
    } catch {
      if (!signal.aborted) toast('The next error could not be looked for')
    }
  }
}
