// The service graph as a drawing: layers from left to right, callers before those they call, crossings few.
//
// - A service stands in the layer that its longest way from an entry gives it; a call that would close a
//   circle counts for nothing in that.
// - Within a layer order is by barycentre, swept to and fro; the former order is where the sweeps begin, so
//   that a refresh does not shuffle what stays.

export interface Call {
  readonly from: string
  readonly to: string
}

export interface Box {
  readonly x: number
  /** Its middle. */
  readonly y: number
  readonly width: number
  readonly height: number
}

const SWEEPS = 8

/** The services of each layer, from the entries on, each from top to bottom. */
export function layersOf(services: readonly string[], calls: readonly Call[], former: readonly string[] = []): readonly (readonly string[])[] {
  const known = new Set(services)
  const between = calls.filter(({ from, to }) => known.has(from) && known.has(to) && from !== to)
  const depth = depths(services, between)
  const layers: string[][] = []
  const before = new Map(former.map((service, at) => [service, at]))
  const ordered = [...services].sort((a, b) => (before.get(a) ?? Infinity) - (before.get(b) ?? Infinity) || a.localeCompare(b))
  for (const service of ordered) (layers[depth.get(service) ?? 0] ??= []).push(service)
  const filled = layers.filter((layer) => layer !== undefined)
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) order(filled, between, sweep % 2 === 1)
  return filled
}

/** The longest way from an entry to each service, by visiting in the order in which all callers are done. A
 *  circle is opened at its first service by name. */
function depths(services: readonly string[], calls: readonly Call[]): ReadonlyMap<string, number> {
  const callers = new Map(services.map((service) => [service, new Set<string>()]))
  const called = new Map(services.map((service) => [service, new Set<string>()]))
  for (const { from, to } of calls) {
    callers.get(to)?.add(from)
    called.get(from)?.add(to)
  }
  const depth = new Map<string, number>()
  const left = new Set([...services].sort())
  while (left.size > 0) {
    const free = [...left].find((service) => [...(callers.get(service) ?? [])].every((caller) => !left.has(caller)))
    const next = free ?? closest(left, depth, callers)
    left.delete(next)
    const above = [...(callers.get(next) ?? [])].flatMap((caller) => depth.get(caller) ?? [])
    depth.set(next, above.length === 0 ? 0 : Math.max(...above) + 1)
  }
  return depth
}

/** Where a circle is entered: a service that one is calling which has its place already. */
function closest(left: ReadonlySet<string>, depth: ReadonlyMap<string, number>, callers: ReadonlyMap<string, ReadonlySet<string>>): string {
  const reached = [...left].find((service) => [...(callers.get(service) ?? [])].some((caller) => depth.has(caller)))
  return reached ?? [...left][0] ?? ''
}

function order(layers: string[][], calls: readonly Call[], back: boolean): void {
  const place = new Map<string, number>()
  const put = (layer: readonly string[]) => layer.forEach((service, at) => place.set(service, (at + 0.5) / layer.length))
  layers.forEach(put)
  const beside = new Map<string, string[]>()
  for (const { from, to } of calls) {
    const [service, other] = back ? [from, to] : [to, from]
    beside.set(service, [...(beside.get(service) ?? []), other])
  }
  for (const layer of back ? [...layers].reverse() : layers) {
    const centre = new Map(layer.map((service) => [service, barycentre(service, beside, place)]))
    layer.sort((a, b) => (centre.get(a) ?? 0) - (centre.get(b) ?? 0))
    put(layer)
  }
}

function barycentre(service: string, beside: ReadonlyMap<string, readonly string[]>, place: ReadonlyMap<string, number>): number {
  const places = (beside.get(service) ?? []).flatMap((other) => place.get(other) ?? [])
  const own = place.get(service) ?? 0
  return places.length === 0 ? own : places.reduce((sum, at) => sum + at, 0) / places.length
}

const BOX_WIDTH = 126
const BOX_HEIGHT = 34
const BOX_GAP = 6
const EDGE_PX = 24

/** Where each service's box stands. */
export function boxesOf(layers: readonly (readonly string[])[], width: number, height: number): ReadonlyMap<string, Box> {
  const step = layers.length > 1 ? (width - 2 * EDGE_PX - BOX_WIDTH) / (layers.length - 1) : 0
  const boxWidth = Math.max(Math.min(BOX_WIDTH, layers.length > 1 ? step - EDGE_PX : BOX_WIDTH), 0)
  const boxes = layers.flatMap((layer, at) => {
    const room = height / layer.length
    const box = (service: string, n: number): [string, Box] => {
      const x = EDGE_PX + at * step
      return [service, { x, y: room * (n + 0.5), width: boxWidth, height: Math.min(BOX_HEIGHT, room - BOX_GAP) }]
    }
    return layer.map(box)
  })
  return new Map(boxes)
}

/** The height that all boxes of the fullest layer need, pixels. */
export function heightOf(layers: readonly (readonly string[])[]): number {
  return Math.max(...layers.map((layer) => layer.length), 1) * (BOX_HEIGHT + BOX_GAP)
}

/** The line of a call, as the path of an SVG. A call back, or within a layer, goes round; a long one goes by
 *  the boxes on its way. */
export function lineOf(from: Box, to: Box, others: Iterable<Box> = []): string {
  let at = { x: from.x + from.width, y: from.y }
  let line = `M${round(at.x)} ${round(at.y)}`
  for (const { x, y, width } of detours(at, to, others)) {
    line += `${curve(at, { x, y })}H${round(x + width)}`
    at = { x: x + width, y }
  }
  return line + curve(at, to)
}

type Place = Pick<Box, 'x' | 'y'>

function curve(from: Place, to: Place): string {
  const reach = to.x > from.x ? Math.max(30, (to.x - from.x) * 0.45) : 60
  return `C${round(from.x + reach)} ${round(from.y)} ${round(to.x - reach)} ${round(to.y)} ${round(to.x)} ${round(to.y)}`
}

/** Where a line would lie under a box, the way by it: above or below, whichever is nearer. */
function detours(from: Place, to: Place, others: Iterable<Box>): readonly Omit<Box, 'height'>[] {
  const columns = new Map<number, Box[]>()
  for (const box of others) {
    if (box.x > from.x && box.x + box.width < to.x) columns.set(box.x, [...(columns.get(box.x) ?? []), box])
  }
  const found: Omit<Box, 'height'>[] = []
  for (const [x, boxes] of [...columns].sort((a, b) => a[0] - b[0])) {
    const width = boxes[0]?.width ?? 0
    const part = (x + width / 2 - from.x) / (to.x - from.x)
    const y = from.y + (to.y - from.y) * part * part * (3 - 2 * part)
    const hit = boxes.find((box) => Math.abs(box.y - y) < box.height / 2 + BOX_GAP / 2)
    if (hit !== undefined) found.push({ x, width, y: passing(hit, y, boxes) })
  }
  return found
}

const CLEAR_PX = 12

function passing(hit: Box, y: number, boxes: readonly Box[]): number {
  const sides = ([-1, 1] as const).map((side) => {
    const beside = boxes.map((box) => (box.y - hit.y) * side).filter((px) => px > 0)
    const room = Math.min(...beside, Infinity) - hit.height
    return hit.y + side * (hit.height / 2 + Math.min(CLEAR_PX, room / 2))
  })
  return sides.reduce((nearest, one) => (Math.abs(one - y) < Math.abs(nearest - y) ? one : nearest))
}

const THIN_PX = 0.75
const THICK_PX = 4.5

/** How thick a line is: calls by their square root, so that the rare ones are seen. */
export function thickness(calls: number, most: number): number {
  return THIN_PX + Math.sqrt(calls / Math.max(most, 1)) * THICK_PX
}

function round(px: number): number {
  return Math.round(px * 10) / 10
}
