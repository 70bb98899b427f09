// What the Paths page says: its answer, and each path as what it lacks or has beside the commonest one. Pure.

import type { Shorten } from '../model/names'
import { percent } from '../model/percent'
import { duration } from '../model/time'

/** A span of a path and what it calls; repeated siblings stand once, with their count. */
export interface Branch {
  readonly service: string
  readonly count: number
  readonly children: readonly Branch[]
}

/** Who owns which part of the time. */
export interface Share {
  readonly service: string
  readonly operation: string
  /** Of all its traces. */
  readonly share: number
  /** Of the slowest of them. */
  readonly shareTail: number
}

export interface Path {
  readonly id: string
  readonly tree: readonly Branch[]
  readonly count: number
  readonly errorRatio: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  readonly critical: readonly Share[]
}

export interface PathsFound {
  /** The commonest first. */
  readonly paths: readonly Path[]
  /** Rarer ones that are not among them. */
  readonly leftOut: number
}

/** The services of a path in the order in which they are first called. */
export function servicesOf(tree: readonly Branch[]): readonly string[] {
  return [...new Set(tree.flatMap(({ service, children }) => [service, ...servicesOf(children)]))]
}

/** A piece of a path as it is written: a service (with how often it is called there), or what stands between. */
export type Piece = { readonly service: string; readonly times: number } | { readonly sign: '›' | '(' | ')' | ',' }

/** The path in one line, `gateway › travel2 › ( basic › price , seat ×2 )`; steps within a service are not told. */
export function piecesOf(tree: readonly Branch[]): readonly Piece[] {
  return [...siblings(merged(tree))]
}

function* siblings(branches: readonly Branch[]): Generator<Piece> {
  for (const [at, branch] of branches.entries()) {
    if (at > 0) yield { sign: ',' }
    yield { service: branch.service, times: branch.count }
    const below = merged(reached(branch))
    if (below.length === 0) continue
    yield { sign: '›' }
    if (below.length > 1) yield { sign: '(' }
    yield* siblings(below)
    if (below.length > 1) yield { sign: ')' }
  }
}

/** The first branches of other services below a branch, through those of its own. */
function reached(branch: Branch): readonly Branch[] {
  return branch.children.flatMap((child) => (child.service === branch.service ? reached(child) : [child]))
}

/** Calls of the same service side by side are one, as often as all of them. */
function merged(branches: readonly Branch[]): readonly Branch[] {
  const byService = new Map<string, Branch>()
  for (const branch of branches) {
    const { count, children } = byService.get(branch.service) ?? { count: 0, children: [] }
    byService.set(branch.service, { ...branch, count: count + branch.count, children: [...children, ...branch.children] })
  }
  return [...byService.values()]
}

/** How a path differs from the commonest one. */
export interface Difference {
  readonly without: readonly string[]
  readonly with: readonly string[]
}

export function differenceOf(path: Path, main: Path): Difference {
  const [mine, its] = [servicesOf(path.tree), servicesOf(main.tree)]
  return { without: its.filter((service) => !mine.includes(service)), with: mine.filter((service) => !its.includes(service)) }
}

const NAMED_MAX = 4

/** `seat, order-other and 2 more` */
export function named(services: readonly string[], shorten: Shorten): string {
  const [shown, more] = [services.slice(0, NAMED_MAX).map(shorten), services.length - NAMED_MAX]
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ')
}

export interface Owner {
  readonly service: string
  readonly share: number
  readonly shareTail: number
}

/** Who owns the time, by service, the slow tail first. */
export function ownersOf(critical: readonly Share[]): readonly Owner[] {
  const owners = new Map<string, Owner>()
  for (const { service, share, shareTail } of critical) {
    const known = owners.get(service) ?? { service, share: 0, shareTail: 0 }
    owners.set(service, { service, share: known.share + share, shareTail: known.shareTail + shareTail })
  }
  return [...owners.values()].sort((a, b) => b.shareTail - a.shareTail || b.share - a.share || a.service.localeCompare(b.service))
}

/** The page's answer: its strong part and what comes behind. */
export function answerOf(path: Path, entry: string, shorten: Shorten): readonly [strong: string, rest: string] {
  const [first] = ownersOf(path.critical)
  if (first === undefined) return [`${entry} takes ${duration(path.p50Ms)} in the middle and ${duration(path.p99Ms)} at p99.`, '']
  const strong = `${shorten(first.service)} owns ${percent(first.shareTail)} of the slow tail of ${entry}`
  return [strong, first.shareTail > first.share * 1.1 ? `, but ${percent(first.share)} of all its time.` : '.']
}
