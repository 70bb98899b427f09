// Beside the table: what changed, and how full the nodes are.

import { lengthWords, changeWords, nodeWords } from './sentence'
import { seen } from '../model/message'
import type { Board, NodeHealth } from '../model/health'
import { CHANGES_SHOWN_MAX } from '../model/limits'
import type { Shorten } from '../model/names'
import { percent } from '../model/percent'
import { Link } from '../parts/Link'
import { Mark } from '../parts/Mark'

export interface SideProps {
  readonly board: Board
  readonly shorten: Shorten
  readonly clock: (ms: number) => string
  readonly logsAround: (component: string, timeMs: number) => string
}

/** A node that is fuller than this needs a look. */
const FULL_SHARE = 0.9

export function Side({ board, shorten, clock, logsAround }: SideProps) {
  const { changes, nodes, edgesMs, atMs } = board
  const length = lengthWords(atMs - (edgesMs[0] ?? atMs))
  return (
    <aside className="side-of-health scroll" aria-label="Changes and nodes">
      <section>
        <h2>What changed in the last {length}</h2>
        {changes.length === 0 && <p className="ink3 data">Nothing changed.</p>}
        <ul className="changes">
          {changes.slice(0, CHANGES_SHOWN_MAX).map(({ timeMs, component, node, state }) => {
            const bad = state === 'failing' || state === 'crash_looping'
            const name = component === undefined ? seen(node ?? '') : seen(shorten(component))
            const what = (
              <>
                <span className="ink3 data">{clock(timeMs)}</span>
                <span>
                  <span className={bad ? 'bad' : undefined}>{name}</span> <span className="ink3">{changeWords(state)}</span>
                </span>
              </>
            )
            return (
              <li key={`${timeMs} ${component ?? ''} ${node ?? ''} ${state}`}>
                {component === undefined ? <span className="change">{what}</span> : <Link className="change" href={logsAround(component, timeMs)}>{what}</Link>}
              </li>
            )
          })}
        </ul>
      </section>
      {nodes.length > 0 && (
        <section>
          <h2 className="split-heading">
            Nodes <span className="label">cpu, memory, disk</span>
          </h2>
          <ul className="nodes">
            {nodes.map((node) => (
              <NodeRow key={node.node} health={node} atMs={atMs} />
            ))}
          </ul>
        </section>
      )}
    </aside>
  )
}

function NodeRow({ health, atMs }: { health: NodeHealth; atMs: number }) {
  const { node, state, cpu, memory, disk } = health
  const full = ([['cpu', cpu], ['memory', memory], ['disk', disk]] as const).find(([, share]) => share !== undefined && share > FULL_SHARE)
  const gone = state === 'node_gone' || state === 'collector_gone'
  const measured = [cpu, memory, disk].some((share) => share !== undefined)
  const words = nodeWords(health, atMs) || (full === undefined ? (measured ? '' : 'not measured') : `${full[0]} ${percent(full[1] ?? 0)}`)
  return (
    <li title={health.reason === '' ? undefined : health.reason}>
      <Mark of={gone || state === 'unknown' ? 'silent' : full === undefined ? 'plain' : 'warning'} />
      <span className={gone ? 'cut strong' : 'cut'} title={seen(node)}>{seen(node)}</span>
      <Meter name={`${node}, cpu`} share={gone ? undefined : cpu} />
      <Meter name={`${node}, memory`} share={gone ? undefined : memory} />
      <Meter name={`${node}, disk`} share={disk} />
      <span className="label words">{words}</span>
    </li>
  )
}

function Meter({ name, share }: { name: string; share: number | undefined }) {
  const said = share === undefined ? 'not known' : percent(share)
  return (
    <span className="meter" role="img" aria-label={`${name}: ${said}`} title={said}>
      {share !== undefined && <i className={share > FULL_SHARE ? 'warn' : undefined} style={{ width: `${share * 100}%` }} />}
    </span>
  )
}
