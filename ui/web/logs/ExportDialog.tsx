// Takes what matches along as a file. Says how far it is, can be stopped, and says when what was exported
// is not all there should be.

import { useRef, useState } from 'react'
import { exportLines, toFault } from '../api/client'
import type { Coverage } from '../model/coverage'
import type { Zone } from '../model/zone'
import { Dialog } from '../parts/Dialog'
import { Command } from '../parts/State'
import { type Asked, exportCommand } from './copies'
import { exportTo, type Format } from './export'
import { openSink, TooMuchToHold } from './sinks'
import { capital, count, coverageSentence, lines, sentence } from './words'

export interface ExportDialogProps {
  readonly asked: Asked
  readonly expected: number
  readonly coverage: Coverage
  readonly zone: Zone
  readonly onClose: () => void
}

type State =
  | { readonly phase: 'asking' | 'running' | 'done' | 'stopped' | 'too-much'; readonly written: number }
  | { readonly phase: 'failed'; readonly written: number; readonly why: string }

const REST_MS = 1_000

export function ExportDialog({ asked, expected, coverage, zone, onClose }: ExportDialogProps) {
  const [format, setFormat] = useState<Format>('ndjson')
  const [state, setState] = useState<State>({ phase: 'asking', written: 0 })
  const stopping = useRef(new AbortController())
  const run = async () => {
    stopping.current = new AbortController()
    const { signal } = stopping.current
    const phase = (phase: 'running' | 'done' | 'stopped' | 'too-much') => setState(({ written }) => ({ phase, written }))
    try {
      const sink = await openSink(`logs.${format}`, format)
      if (sink === undefined) return
      setState({ phase: 'running', written: 0 })
      const open = (cursor: string | undefined) => exportLines(asked, cursor, signal)
      await exportTo(sink, format, { open, rest: (attempt) => rested(attempt * REST_MS, signal) }, (written) =>
        setState({ phase: 'running', written }),
      )
      phase('done')
    } catch (error) {
      if (signal.aborted) phase('stopped')
      else if (error instanceof TooMuchToHold) phase('too-much')
      else setState(({ written }) => ({ phase: 'failed', written, why: toFault(error).message }))
    }
  }
  const close = () => {
    stopping.current.abort()
    onClose()
  }
  return (
    <Dialog label="Export" onClose={close}>
      <div className="export">
        <h1>Export {lines(expected)}</h1>
        <Formats format={format} disabled={state.phase === 'running'} onFormat={setFormat} />
        <Progress state={state} expected={expected} />
        {!coverage.complete && <p className="warn data">Not all lines are there: {coverageSentence(coverage, zone)}</p>}
        {(state.phase === 'too-much' || state.phase === 'asking') && (
          <Command label="From a terminal, however many there are" text={exportCommand(location.origin, asked, format)} />
        )}
        <p className="row">
          {state.phase === 'running' ? (
            <button type="button" className="tool edge" onClick={() => stopping.current.abort()}>
              Stop
            </button>
          ) : (
            <button type="button" className="tool primary" onClick={() => void run()}>
              {state.phase === 'asking' ? 'Export' : 'Export again'}
            </button>
          )}
          <button type="button" className="tool" onClick={close}>
            Close
          </button>
        </p>
      </div>
    </Dialog>
  )
}

function Formats({ format, disabled, onFormat }: { format: Format; disabled: boolean; onFormat: (format: Format) => void }) {
  const choices = [
    ['ndjson', 'NDJSON', 'a line is a record, whole; can be ingested again'],
    ['csv', 'CSV', 'for spreadsheets; nothing in it is computed'],
  ] as const
  return (
    <fieldset disabled={disabled}>
      <legend className="label">Format</legend>
      {choices.map(([value, name, what]) => (
        <label key={value} className="row">
          <input type="radio" name="format" checked={format === value} onChange={() => onFormat(value)} />
          {name} <span className="ink3 data">{what}</span>
        </label>
      ))}
    </fieldset>
  )
}

function Progress({ state, expected }: { state: State; expected: number }) {
  if (state.phase === 'asking') return null
  const of = `${count(state.written)} of ${lines(expected)}`
  const said = {
    running: of,
    done: `${lines(state.written)} written.`,
    stopped: `Stopped after ${lines(state.written)}.`,
    'too-much': `This browser can only write to a file through its memory, and ${lines(state.written)} fill what it may use.`,
    failed: state.phase === 'failed' ? `Failed after ${of}. ${capital(sentence(state.why))}` : '',
  }[state.phase]
  return (
    <>
      <progress max={Math.max(expected, state.written, 1)} value={state.written} aria-label="Lines written" />
      <p className="data" role="status">
        {said}
      </p>
    </>
  )
}

function rested(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason)
    })
  })
}
