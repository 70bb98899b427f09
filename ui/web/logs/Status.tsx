// The line above the list: how many, how fast, how complete; and the tail's own state.

import type { Feed, Tail } from './feed'
import { count, countSentence, coverageSentence, lines } from './words'

export interface StatusProps {
  readonly feed: Feed
  /** Whether there is something to say: not on a server to which nothing has come. */
  readonly known: boolean
  readonly onPause: () => void
  readonly onResume: () => void
}

export function Status({ feed, known, onPause, onResume }: StatusProps) {
  const { head, rest } = countSentence(feed)
  return (
    <div className="status">
      {known && (
        <p className="cut" role="status">
          <span className="strong">{head}</span>
          <span className="ink3">
            {rest !== '' && ` ${rest}`}. {coverageSentence(feed.coverage)}
          </span>
        </p>
      )}
      <span className="grow" />
      {feed.tail.state !== 'off' && <TailState tail={feed.tail} onPause={onPause} onResume={onResume} />}
    </div>
  )
}

const STATES = { off: '', connecting: 'Connecting', live: 'Live', lost: 'Stream lost, trying again' }

function TailState({ tail, onPause, onResume }: { tail: Tail; onPause: () => void; onResume: () => void }) {
  return (
    <>
      {tail.skipped > 0 && <span className="ink2">{lines(tail.skipped)} skipped: they came too fast.</span>}
      <span className={`live ink2${tail.state === 'live' && !tail.paused ? ' on' : ''}`}>
        {tail.paused && tail.state === 'live' ? 'Paused' : STATES[tail.state]}
      </span>
      <button type="button" className="tool" aria-pressed={tail.paused} onClick={tail.paused ? onResume : onPause}>
        {tail.paused ? 'Go on' : 'Pause'} <kbd>Space</kbd>
      </button>
    </>
  )
}

/** What waits while the tail is paused; pressing it goes on. */
export function Waiting({ tail, onResume }: { tail: Tail; onResume: () => void }) {
  const waits = tail.holed ? `More than ${lines(tail.waiting.length)}` : `${count(tail.waiting.length)} new ${tail.waiting.length === 1 ? 'line' : 'lines'}`
  return (
    <button type="button" className="pill" onClick={onResume}>
      <span className="strong">Paused.</span> {waits}
      {tail.waitingErrors > 0 && `, ${count(tail.waitingErrors)} ${tail.waitingErrors === 1 ? 'error' : 'errors'}`}{' '}
      <kbd>Space</kbd>
    </button>
  )
}
