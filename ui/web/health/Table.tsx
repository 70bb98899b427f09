// Every component, in the order of need. Position tells the node: a column of marks is a bad node, a row of
// them a bad component.

import { useState } from 'react'
import { count } from '../logs/words'
import type { Board, ComponentHealth } from '../model/health'
import type { Shorten } from '../model/names'
import { ComponentRow } from './ComponentRow'
import { columnsOf, groupsOf } from './groups'
import { slowerOf } from './slower'

export interface TableProps {
  readonly board: Board
  readonly shorten: Shorten
  readonly clock: (ms: number) => string
  readonly chosen: string | undefined
  readonly logsOf: (component: ComponentHealth) => string
  readonly onChoose: (component: string) => void
  readonly onOpen: (component: ComponentHealth) => void
}

export function Table({ board, shorten, clock, chosen, logsOf, onChoose, onOpen }: TableProps) {
  const [unfolded, setUnfolded] = useState(false)
  const columns = columnsOf(board.nodes)
  const { hot, next, healthy } = groupsOf(board.components)
  const slower = slowerOf(board)
  const all = board.components.length
  const lines = board.components.every(({ basis }) => basis === 'lines')
  const row = (component: ComponentHealth) => (
    <ComponentRow
      key={component.component}
      health={component}
      columns={columns}
      edgesMs={board.edgesMs}
      shorten={shorten}
      clock={clock}
      beforeMs={slower.find(({ health }) => health === component)?.beforeMs}
      chosen={chosen === component.component}
      href={logsOf(component)}
      onChoose={onChoose}
      onOpen={onOpen}
    />
  )
  return (
    <table className={unfolded ? 'board unfolded' : 'board'}>
      <thead>
        <tr>
          <th scope="col" className="who">
            {all === 1 ? '1 component' : `${count(all)} components`}
          </th>
          {columns.length > 0 && (
            <th scope="col" className="where roomy">
              <span className="unseen">Nodes</span>
              <span className="cells" aria-hidden="true">
                {columns.map(({ node, short, gone }) => (
                  <i key={node} className={gone ? 'gone' : undefined} title={node}>
                    {short}
                  </i>
                ))}
              </span>
            </th>
          )}
          <th scope="colgroup" colSpan={2} className="wide">
            {lines ? 'Lines/s' : 'Calls/s'}
          </th>
          <th scope="colgroup" colSpan={2}>
            {lines ? 'Errors' : 'Failing'}
          </th>
          <th scope="colgroup" colSpan={2} className="wide">
            p95
          </th>
          <th scope="col" className="why">
            Since
          </th>
        </tr>
      </thead>
      {hot.length > 0 && <tbody className="hot">{hot.map(row)}</tbody>}
      {next.length > 0 && (
        <tbody>
          {hot.length > 0 && <Split>Look next</Split>}
          {next.map(row)}
        </tbody>
      )}
      {healthy.length > 0 && (
        <tbody className="healthy">
          {hot.length + next.length > 0 && (
            <Split>
              <span className="wide">{count(healthy.length)} healthy</span>
              <button type="button" className="narrow fold" aria-expanded={unfolded} onClick={() => setUnfolded(!unfolded)}>
                {count(healthy.length)} healthy, tap to {unfolded ? 'hide' : 'show'}
              </button>
            </Split>
          )}
          {healthy.map(row)}
        </tbody>
      )}
      {board.leftOut > 0 && (
        <tbody>
          <Split>{count(board.leftOut)} more are not shown</Split>
        </tbody>
      )}
    </table>
  )
}

function Split({ children }: { children: React.ReactNode }) {
  return (
    <tr className="split">
      <th scope="rowgroup" colSpan={9}>
        {children}
      </th>
    </tr>
  )
}
