// What a rule would have said in the range: how often, how long, on whom; as bars over time and as a list.

import { useRef } from 'react'
import { ticks } from '../logs/chart/scale'
import { count } from '../logs/words'
import type { Firing, Replayed, RuleBody } from '../model/alert'
import { REPLAY_LISTED_MAX } from '../model/limits'
import { nanos, roundDuration } from '../model/time'
import { wallText } from '../model/zone'
import { Link } from '../parts/Link'
import { useWidth } from '../parts/useWidth'
import type { Question } from '../state/question'
import type { View } from '../state/view'
import { rowsOf } from './bars'
import { Curve } from './Curve'
import { evidenceHref } from './evidence'
import { dayWords, valueWords, verdictOf, whomWords } from './words'

export interface ReplayProps {
  readonly told: Replayed
  /** Another one is under way. */
  readonly former: boolean
  readonly body: RuleBody
  readonly question: Question
  readonly view: View
  /** Takes another limit; none where the rule has none of its own, or cannot be changed. */
  readonly onLimit: ((limit: number) => void) | undefined
  /** Whether each step sees what came later, too. */
  readonly withLate: boolean
  readonly onLate: () => void
}

export function Replay({ told, former, body, question, view, onLimit, withLate, onLate }: ReplayProps) {
  const [fromMs, toMs] = [Date.parse(question.from), Date.parse(question.to)]
  const { times, range, beside } = verdictOf(told, toMs - fromMs)
  return (
    <div className={former ? 'replay former' : 'replay'} role="group" aria-label="Replay">
      <p className="verdict" role="status">
        <span>
          It would have fired <b>{times}</b>
          {range}
        </span>
        {beside.map((words) => (
          <span key={words} className="ink2 data">
            {words}
          </span>
        ))}
        <button type="button" className="tool" aria-pressed={withLate} title="Each evaluation saw what had been received by then. With this it sees all that is there now." onClick={onLate}>
          With what came late
        </button>
        {!told.complete && <span className="warn data">Not all data was there, or a limit cut an evaluation short.</span>}
      </p>
      {told.curve.some((value) => value !== undefined) && <Curve points={told.curve} limit={limitOf(body)} onLimit={onLimit} />}
      <Bars firings={told.firings} fromMs={fromMs} toMs={toMs} view={view} said={`${times}${range}`} />
      {told.firings.length > 0 && <Times firings={told.firings} body={body} toMs={toMs} view={view} />}
    </div>
  )
}

function limitOf(body: RuleBody): number {
  const { value } = (body['condition'] ?? {}) as { readonly value?: number }
  return value ?? 0
}

const ROW_PX = 18
const BAR_PX = 10
const NAME_PX = 144
const BAR_PX_MIN = 3

interface BarsProps {
  readonly firings: readonly Firing[]
  readonly fromMs: number
  readonly toMs: number
  readonly view: View
  readonly said: string
}

function Bars({ firings, fromMs, toMs, view, said }: BarsProps) {
  const box = useRef<HTMLDivElement>(null)
  const width = Math.max(useWidth(box) - NAME_PX, 0)
  const found = rowsOf(firings, fromMs, toMs)
  const rows = found.length > 0 ? found : [{ name: 'fires', bars: [] }]
  const height = rows.length * ROW_PX
  return (
    <div className="bars" ref={box}>
      <ul aria-hidden="true">
        {rows.map(({ name }) => (
          <li key={name} className="label cut" title={name}>
            {name}
          </li>
        ))}
      </ul>
      <svg role="img" aria-label={`The rule would have fired ${said}; the times are listed below.`} width={width} height={height + 18}>
        {rows.map(({ name, bars }, row) => (
          <g key={name}>
            <path className="axis" d={`M0 ${(row + 1) * ROW_PX - 0.5}H${width}`} />
            {bars.map(({ from, length }, at) => (
              <rect key={at} x={from * width} y={row * ROW_PX + (ROW_PX - BAR_PX) / 2} width={Math.max(length * width, BAR_PX_MIN)} height={BAR_PX} />
            ))}
          </g>
        ))}
        {ticks(nanos(fromMs), nanos(toMs), view.zone, width).map(({ at, label }) => (
          <text key={at} x={((at - fromMs) / (toMs - fromMs)) * width} y={height + 14} textAnchor="middle">
            {label}
          </text>
        ))}
      </svg>
    </div>
  )
}

interface TimesProps {
  readonly firings: readonly Firing[]
  readonly body: RuleBody
  readonly toMs: number
  readonly view: View
}

function Times({ firings, body, toMs, view }: TimesProps) {
  const newest = firings.toSorted((a, b) => b.fromMs - a.fromMs).slice(0, REPLAY_LISTED_MAX)
  const most = firings.reduce((max, { peak }) => Math.max(max, Math.abs(peak ?? 0)), 0)
  return (
    <>
      <div className="firing label" aria-hidden="true">
        <span>Fired</span>
        <span className="number">For</span>
        <span className="number">Peak</span>
      </div>
      <ul className="firings">
        {newest.map((firing) => (
          <li key={`${firing.fromMs} ${whomWords(firing.labels)}`}>
            <Link className="firing data" href={evidenceHref(body, firing, view)} title="What it would have been told from">
              <span className="ink2">
                <span className="ink3">{dayWords(firing.fromMs, view.zone)}</span> {wallText(firing.fromMs, view.zone).slice(11, 19)}
              </span>
              <span className="number">{roundDuration(firing.toMs - firing.fromMs)}</span>
              <span className="number">{valueWords(firing.peak)}</span>
              <span className="meter" aria-hidden="true">
                <i className={firing.toMs >= toMs ? 'bad' : undefined} style={{ width: `${(Math.abs(firing.peak ?? 0) / (most || 1)) * 100}%` }} />
              </span>
              <span className="ink2 cut">{whomWords(firing.labels)}</span>
            </Link>
          </li>
        ))}
      </ul>
      {firings.length > newest.length && <p className="ink3 data">and {count(firings.length - newest.length)} earlier ones</p>}
    </>
  )
}
