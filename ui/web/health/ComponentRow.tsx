// One component: its state as a shape, where it runs, its lines, since when and why.

import { memo, useEffect, useRef } from 'react'
import { count } from '../logs/words'
import type { ComponentHealth } from '../model/health'
import { seen } from '../model/message'
import type { Shorten } from '../model/names'
import { percent } from '../model/percent'
import { duration } from '../model/time'
import { Link } from '../parts/Link'
import { Mark } from '../parts/Mark'
import { fromFirst, pointAt } from '../parts/lines'
import { Spark } from '../parts/Spark'
import { markOf, rateWords, stateWords } from './words'

export interface ComponentRowProps {
  readonly health: ComponentHealth
  readonly columns: readonly { readonly node: string }[]
  readonly edgesMs: readonly number[]
  readonly shorten: Shorten
  readonly clock: (ms: number) => string
  readonly chosen: boolean
  readonly href: string
  /** What its p95 was before it became slow, ms. */
  readonly beforeMs: number | undefined
  readonly onChoose: (component: string) => void
  readonly onOpen: (health: ComponentHealth) => void
}

export const ComponentRow = memo(function ComponentRow(props: ComponentRowProps) {
  const { health, columns, edgesMs, shorten, clock, chosen, href, beforeMs, onChoose, onOpen } = props
  const { state, sinceMs, series, errorRatio } = health
  const row = useRef<HTMLTableRowElement>(null)
  useEffect(() => {
    if (chosen) row.current?.scrollIntoView({ block: 'nearest' })
  }, [chosen])
  const hot = state === 'failing' || state === 'crash_looping'
  const quiet = state === 'healthy'
  const badFrom = hot || state === 'degraded' ? pointAt(sinceMs, edgesMs) : undefined
  const name = seen(health.component)
  return (
    <tr ref={row} className={chosen ? 'on' : undefined} aria-current={chosen ? true : undefined} onClick={() => onChoose(health.component)} onDoubleClick={() => onOpen(health)}>
      <th scope="row" className="who">
        <span className="row">
          <Mark of={markOf(state)} />
          <span className="unseen">{stateWords(state)}: </span>
          <Link className="cut" href={href} title={name} aria-label={name}>
            {seen(shorten(health.component))}
          </Link>
        </span>
      </th>
      {columns.length > 0 && (
        <td className="where roomy">
          <Cells health={health} columns={columns} />
        </td>
      )}
      <td className="wide">
        <Spark points={fromFirst(series.rate)} quiet={quiet} />
      </td>
      <td className="number wide">{rateWords(health.rate)}</td>
      <td>
        <Spark points={series.errorRatio} max={1} badFrom={badFrom} quiet={quiet} />
      </td>
      <td className={!errorRatio ? 'number ink3' : hot ? 'number bad strong' : 'number'}>{errorRatio === undefined ? '' : percent(errorRatio)}</td>
      <td className="wide">
        <Spark points={series.p95Ms} quiet={quiet} />
      </td>
      <td className={beforeMs === undefined ? 'number wide' : 'number wide strong'}>{health.p95Ms === undefined ? '' : duration(health.p95Ms)}</td>
      <td className="why">
        <div className="cut" title={health.reason}>
          {beforeMs === undefined && sinceMs !== undefined && <span className={hot ? 'when strong' : 'when ink2'}>{clock(sinceMs)}</span>}
          <span className="ink3 wide">{beforeMs === undefined ? health.reason : `p95 was ${duration(beforeMs)} before`}</span>
        </div>
      </td>
    </tr>
  )
})

function Cells({ health, columns }: Pick<ComponentRowProps, 'health' | 'columns'>) {
  const { state, nodes, instances } = health
  const kind = { failing: 'bad', crash_looping: 'bad', degraded: 'warn', app_silent: 'quiet', unknown: 'quiet', healthy: '' }[state]
  const title = (node: string) => `${instances.length === 1 ? (instances[0] ?? '') : `${count(instances.length)} instances`} on ${nodes.length > 1 ? `${node} and ${nodes.length - 1} more` : node}`
  return (
    <span className="cells">
      <span className="unseen">{nodes.join(', ')}</span>
      {columns.map(({ node }) => (nodes.includes(node) ? <i key={node} aria-hidden="true" className={`has ${kind}`} title={seen(title(node))} /> : <i key={node} aria-hidden="true" />))}
    </span>
  )
}
