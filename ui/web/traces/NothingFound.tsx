// No trace to show: because none has ever arrived, or because none matches. Each says what to do next.

import { useEffect, useState } from 'react'
import { BEGINNING } from '../api/client'
import { hasAnyTrace } from '../api/traces'
import { rangeWords } from '../logs/words'
import { EMPTY_POLL_MS } from '../model/limits'
import { Mark } from '../parts/Mark'
import { Command, State } from '../parts/State'
import { changeBesides } from '../state/useView'
import { TO_DEFAULT, type View } from '../state/view'
import type { Filters } from './address'

export interface NothingFoundProps {
  readonly view: View
  readonly filters: Filters
  readonly nowMs: number
  readonly onArrived: () => void
}

export function NothingFound({ view, filters, nowMs, onArrived }: NothingFoundProps) {
  const [arrived, setArrived] = useState<boolean>()
  useEffect(() => {
    const asking = new AbortController()
    hasAnyTrace(asking.signal).then(setArrived, () => undefined)
    return () => asking.abort()
  }, [view])
  if (arrived === undefined) return null
  return arrived ? <NoMatch view={view} filters={filters} nowMs={nowMs} /> : <NothingYet onArrived={onArrived} />
}

function NothingYet({ onArrived }: { onArrived: () => void }) {
  useEffect(() => {
    const asking = new AbortController()
    const check = () => hasAnyTrace(asking.signal).then((has) => has && onArrived(), () => undefined)
    const timer = setInterval(check, EMPTY_POLL_MS)
    return () => {
      clearInterval(timer)
      asking.abort()
    }
  }, [onArrived])
  const otlp = `${location.protocol}//${location.hostname}:4318`
  return (
    <State title="No trace has arrived yet.">
      <p className="ink2">Point an OpenTelemetry SDK at this server. Its first trace appears here by itself.</p>
      <Command label="Over HTTP" text={`OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf OTEL_EXPORTER_OTLP_ENDPOINT=${otlp}`} />
      <Command label="Over gRPC" text={`OTEL_EXPORTER_OTLP_PROTOCOL=grpc OTEL_EXPORTER_OTLP_ENDPOINT=http://${location.hostname}:4317`} />
      <p className="row ink2" role="status">
        <Mark of="silent" /> Waiting for the first trace.
      </p>
    </State>
  )
}

function NoMatch({ view, filters, nowMs }: Pick<NothingFoundProps, 'view' | 'filters' | 'nowMs'>) {
  const { service, min_duration, max_duration, error } = filters
  const narrowed = view.q !== '' || service !== '' || min_duration !== '' || max_duration !== '' || error
  const all = view.from === BEGINNING && view.to === TO_DEFAULT
  return (
    <State title={`No trace matches in ${rangeWords(view, nowMs)}.`}>
      <p className="row">
        {!all && (
          <button type="button" className="tool edge" onClick={() => changeBesides({ band: undefined }, { from: BEGINNING, to: TO_DEFAULT, brush: undefined })}>
            Search all time
          </button>
        )}
        {narrowed && (
          <button
            type="button"
            className="tool edge"
            onClick={() =>
              changeBesides({ band: undefined, service: undefined, operation: undefined, min_duration: undefined, max_duration: undefined, error: undefined }, { q: '', brush: undefined })
            }
          >
            All traces of this time
          </button>
        )}
      </p>
    </State>
  )
}
