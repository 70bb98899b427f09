// The service graph: who calls whom, how often, how long it takes. Lines are as thick as calls are many, red
// where calls fail; pointing at a service leaves only its own lines.

import { useMemo, useRef, useState } from 'react'
import { GRAPH_SERVICES_MAX } from '../model/limits'
import type { Shorten } from '../model/names'
import { percent } from '../model/percent'
import { duration } from '../model/time'
import { useSize } from '../parts/useSize'
import { searchFor } from '../state/useView'
import { count } from '../logs/words'
import { boxesOf, type Box, heightOf, layersOf, lineOf, thickness } from './layers'
import type { GraphEdge, GraphNode, ServiceGraph } from './usePaths'

/** Calls that fail more often than this are drawn red. */
const FAILING = 0.02

export function Graph({ graph, shorten }: { graph: ServiceGraph; shorten: Shorten }) {
  const box = useRef<HTMLDivElement>(null)
  const { width, height } = useSize(box)
  const [hovered, setHovered] = useState<string>()
  const former = useRef<readonly string[]>([])
  const nodes = useMemo(() => [...graph.nodes].sort((a, b) => b.calls - a.calls).slice(0, GRAPH_SERVICES_MAX), [graph])
  const layers = useMemo(() => {
    const made = layersOf(nodes.map(({ service }) => service), graph.edges, former.current)
    former.current = made.flat()
    return made
  }, [nodes, graph])
  const drawn = Math.max(height, heightOf(layers))
  const boxes = useMemo(() => boxesOf(layers, width, drawn), [layers, width, drawn])
  const edges = graph.edges.filter(({ from, to }) => boxes.has(from) && boxes.has(to))
  const most = Math.max(...edges.map(({ calls }) => calls), 1)
  const beside = (edge: GraphEdge) => hovered === undefined || edge.from === hovered || edge.to === hovered
  const failing = new Set(nodes.filter((node) => fails(node, edges)).map(({ service }) => service))
  const near = new Set(edges.filter(beside).flatMap(({ from, to }) => [from, to]))
  return (
    <section className="graph" aria-label="Service graph">
      <p className="label row">
        <span>{graphWords(graph, nodes.length)}</span>
        {failing.size > 0 && <span className="bad">{failingWords([...failing].map(shorten))}</span>}
        <span className="wide">Thickness: calls. Red: more than {percent(FAILING)} of them fail. A click shows the lines.</span>
      </p>
      <div className="scroll" ref={box}>
        <svg width={width} height={drawn} role="img" aria-label={graphWords(graph, nodes.length)}>
          {edges.map((edge) => (
            <Line key={`${edge.from}\n${edge.to}`} edge={edge} boxes={boxes} most={most} dim={!beside(edge)} lit={hovered !== undefined} />
          ))}
        </svg>
        <ul>
          {nodes.map((node) => (
            <Node
              key={node.service}
              node={node}
              box={boxes.get(node.service)}
              failing={failing.has(node.service)}
              dim={hovered !== undefined && hovered !== node.service && !near.has(node.service)}
              shorten={shorten}
              onHover={setHovered}
            />
          ))}
        </ul>
      </div>
    </section>
  )
}

function fails({ service, calls, errors }: GraphNode, edges: readonly GraphEdge[]): boolean {
  return errors > calls * FAILING || edges.some((edge) => edge.to === service && edge.errors > edge.calls * FAILING)
}

/** `Calls to cart, checkout and 2 more fail.` */
function failingWords(services: readonly string[]): string {
  const shown = services.length > NAMED_MAX ? services.slice(0, NAMED_MAX - 1) : services.slice(0, -1)
  const last = services.length > NAMED_MAX ? `${services.length - shown.length} more` : services.at(-1)
  return `Calls to ${shown.length === 0 ? '' : `${shown.join(', ')} and `}${last} fail.`
}

const NAMED_MAX = 3

function graphWords({ nodes, edges }: ServiceGraph, shown: number): string {
  const services = nodes.length === 1 ? '1 service' : `${count(nodes.length)} services`
  const ways = edges.length === 1 ? '1 way between them' : `${count(edges.length)} ways between them`
  return shown < nodes.length ? `${services}, ${ways}; the ${shown} with the most calls are shown` : `${services}, ${ways}`
}

interface LineProps {
  readonly edge: GraphEdge
  readonly boxes: ReadonlyMap<string, Box>
  readonly most: number
  readonly dim: boolean
  readonly lit: boolean
}

function Line({ edge, boxes, most, dim, lit }: LineProps) {
  const [from, to] = [boxes.get(edge.from), boxes.get(edge.to)]
  if (from === undefined || to === undefined) return null
  const state = edge.errors > edge.calls * FAILING ? 'failing' : lit && !dim ? 'lit' : ''
  return <path className={dim ? `${state} dim` : state} d={lineOf(from, to, boxes.values())} strokeWidth={thickness(edge.calls, most)} />
}

interface NodeProps {
  readonly node: GraphNode
  readonly box: Box | undefined
  readonly failing: boolean
  readonly dim: boolean
  readonly shorten: Shorten
  readonly onHover: (service: string | undefined) => void
}

function Node({ node, box, failing, dim, shorten, onHover }: NodeProps) {
  if (box === undefined) return null
  const { service, calls, errors, p50Ms, p95Ms, p99Ms } = node
  const failed = errors > 0 ? `, ${count(errors)} failed` : ''
  return (
    <li style={{ left: box.x, top: box.y - box.height / 2, width: box.width, height: box.height }}>
      <button
        type="button"
        className={['node', failing && 'failing', dim && 'dim'].filter(Boolean).join(' ')}
        title={`${service}: ${count(calls)} calls${failed}, p50 ${duration(p50Ms)}, p95 ${duration(p95Ms)}, p99 ${duration(p99Ms)}`}
        onPointerEnter={() => onHover(service)}
        onPointerLeave={() => onHover(undefined)}
        onFocus={() => onHover(service)}
        onBlur={() => onHover(undefined)}
        onClick={() => searchFor(`component:${JSON.stringify(service)}`)}
      >
        <span className="name cut">{shorten(service)}</span>
        <span className="label cut">p95 {duration(p95Ms)}</span>
        <span className="label number">{count(calls)}</span>
      </button>
    </li>
  )
}
