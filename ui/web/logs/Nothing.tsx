// No line to show: because none has ever arrived, or because none matches. Each says what to do next.

import { useEffect, useState } from 'react'
import { BEGINNING, countLogs, hasAnything } from '../api/client'
import { EMPTY_POLL_MS } from '../model/limits'
import { rfc3339 } from '../model/time'
import { Mark } from '../parts/Mark'
import { Command, State } from '../parts/State'
import { changeView } from '../state/useView'
import { momentOf, TO_DEFAULT, type View } from '../state/view'
import { count, rangeWords } from './words'

const DAY_MS = 86_400_000

export function Nothing({ view, nowMs, onArrived }: { view: View; nowMs: number; onArrived: () => void }) {
  const [arrived, setArrived] = useState<boolean>()
  useEffect(() => {
    const asking = new AbortController()
    hasAnything(asking.signal).then(setArrived, () => undefined)
    return () => asking.abort()
  }, [view])
  if (arrived === undefined) return null
  return arrived ? <NoMatch view={view} nowMs={nowMs} /> : <NothingYet onArrived={onArrived} />
}

export function NothingYet({ onArrived }: { onArrived: () => void }) {
  useEffect(() => {
    const asking = new AbortController()
    const check = () => hasAnything(asking.signal).then((has) => has && onArrived(), () => undefined)
    const timer = setInterval(check, EMPTY_POLL_MS)
    return () => {
      clearInterval(timer)
      asking.abort()
    }
  }, [onArrived])
  const server = location.origin
  return (
    <State title="Nothing has arrived yet." middle>
      <p className="ink2">Point one thing at this server. Its first line appears here by itself.</p>
      <Command label="Containers on a machine" text={`nilometer collect --to ${server}`} />
      <Command label="A file" text={`nilometer collect --to ${server} --file '/var/log/app/*.log'`} />
      <Command
        label="A line by hand"
        text={`curl ${server}/api/v1/ingest -d '{"component":"hello","message":"first line"}'`}
      />
      <p className="row ink2" role="status">
        <Mark of="silent" /> Waiting for the first line.
      </p>
    </State>
  )
}

function NoMatch({ view, nowMs }: { view: View; nowMs: number }) {
  const from = momentOf(view.from, nowMs)
  const [before, setBefore] = useState<number>()
  useEffect(() => {
    setBefore(undefined)
    if (from === undefined || from <= 0) return
    const asking = new AbortController()
    const range = { from: rfc3339(from - DAY_MS), to: rfc3339(from) }
    countLogs({ q: view.q, ...range }, asking.signal).then(setBefore, () => undefined)
    return () => asking.abort()
  }, [view.q, view.from])
  const range = from === undefined || from > 0 ? `in ${rangeWords(view, nowMs)}` : 'at any time'
  return (
    <State title={`No line matches ${range}.`}>
      <p className="ink2">
        {view.tail && 'New ones appear here. '}
        {before !== undefined && from !== undefined && <Before n={before} from={from} />}{' '}
        {(from === undefined || from > 0) && (
          <button type="button" className="act" onClick={() => changeView({ from: BEGINNING, to: TO_DEFAULT })}>
            Search all time
          </button>
        )}
      </p>
    </State>
  )
}

function Before({ n, from }: { n: number; from: number }) {
  if (n === 0) return 'None did in the 24 h before.'
  return (
    <button type="button" className="act" onClick={() => changeView({ from: rfc3339(from - DAY_MS), to: rfc3339(from) })}>
      {count(n)} did in the 24 h before.
    </button>
  )
}
