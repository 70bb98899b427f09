// What waits while the tail is paused; pressing it goes on.

import type { Tail } from './feed'
import { count, lines } from './words'

export function Waiting({ tail, onResume }: { tail: Tail; onResume: () => void }) {
  const { waiting, waitingErrors, holed } = tail
  const news = `${count(waiting.length)} new ${waiting.length === 1 ? 'line' : 'lines'}`
  const errors = `${count(waitingErrors)} ${waitingErrors === 1 ? 'error' : 'errors'}`
  return (
    <button type="button" className="pill" onClick={onResume}>
      <span className="strong">Paused.</span> {holed ? `More than ${lines(waiting.length)}` : news}
      {waitingErrors > 0 && `, ${errors}`} <kbd>Space</kbd>
    </button>
  )
}
