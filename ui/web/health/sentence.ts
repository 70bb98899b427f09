// The sentence on top: what is wrong, since when, what it takes with it; or that all is well. Pure.
//
// Who fails only because somebody whom it calls fails is taken along; who fails by itself is named first.

import { count } from '../logs/words'
import type { Board, ComponentHealth, NodeHealth } from '../model/health'
import { percent } from '../model/percent'
import { duration, roundDuration } from '../model/time'
import { type Slower, slowerOf } from './slower'

/** A piece of a sentence; a name is a link. `soft` is what is less urgent. */
export type Piece =
  | { readonly text: string; readonly soft?: boolean }
  | { readonly component: string; readonly bad: boolean }

export interface Sentence {
  readonly pieces: readonly Piece[]
  /** Whose evidence is shown. */
  readonly lead: ComponentHealth | undefined
}

/** Names that a sentence lists before it counts. */
const NAMES_MAX = 3

export function sentenceOf(board: Board, clock: (ms: number) => string): Sentence {
  const failing = board.components.filter(isDown)
  const origins = originsOf(failing)
  const [lead] = origins
  if (lead !== undefined) {
    const unwell = board.components.filter((one) => isDown(one) || one.state === 'degraded')
    return { pieces: [...failingPieces(origins, unwell, clock), ...softPieces(board, false, clock)], lead }
  }
  const [unwell] = board.components.filter(({ state }) => state === 'degraded' || state === 'app_silent')
  const gone = board.nodes.filter(({ state }) => state === 'node_gone' || state === 'collector_gone')
  if (unwell !== undefined || gone.length > 0) return { pieces: softPieces(board, true, clock), lead: unwell }
  const slower = slowerOf(board)
  if (slower.length > 0) return { pieces: slowPieces(slower), lead: undefined }
  return { pieces: [{ text: wellSentence(board) }], lead: undefined }
}

function isDown({ state }: ComponentHealth): boolean {
  return state === 'failing' || state === 'crash_looping'
}

/** Those that fail by themselves: no other failing one takes them along. In a circle, all of them. */
function originsOf(failing: readonly ComponentHealth[]): readonly ComponentHealth[] {
  const taken = new Set(failing.flatMap(({ component, affects }) => affects.filter((name) => name !== component)))
  const origins = failing.filter(({ component }) => !taken.has(component))
  return origins.length === 0 ? failing : origins
}

/** Whom a component takes along, near and far, in the order of need. */
export function takenBy({ component }: ComponentHealth, unwell: readonly ComponentHealth[]): readonly ComponentHealth[] {
  const byName = new Map(unwell.map((one) => [one.component, one]))
  const taken = new Set<string>()
  const follow = (name: string) => {
    for (const caller of byName.get(name)?.affects ?? []) {
      if (caller === component || taken.has(caller)) continue
      taken.add(caller)
      follow(caller)
    }
  }
  follow(component)
  return unwell.filter((one) => taken.has(one.component))
}

function failingPieces(origins: readonly ComponentHealth[], unwell: readonly ComponentHealth[], clock: (ms: number) => string): readonly Piece[] {
  const [lead, ...others] = origins
  if (lead === undefined) return []
  if (others.length === 0) {
    const taken = takenBy(lead, unwell)
    const along = taken.length === 0 ? [] : [{ text: ' and takes ' }, ...listed(taken), { text: ' with it' }]
    return [name(lead), { text: ` ${verb(lead)}${since(lead, clock)}` }, ...along, { text: '.' }]
  }
  const [over, failing] = [origins.filter(({ state }) => state === 'crash_looping'), origins.filter(({ state }) => state === 'failing')]
  const parts = [
    ...(over.length === 0 ? [] : [...listed(over), { text: over.length === 1 ? ' restarts over and over' : ' restart over and over' }]),
    ...(over.length === 0 || failing.length === 0 ? [] : [{ text: ', ' }]),
    ...(failing.length === 0 ? [] : [...listed(failing), { text: failing.length === 1 ? ' is failing' : ' are failing' }]),
  ]
  return [...parts, { text: `${earliest(origins, clock)}.` }]
}

function verb({ state }: ComponentHealth): string {
  return state === 'crash_looping' ? 'has been restarting over and over' : 'has been failing'
}

function since({ sinceMs }: ComponentHealth, clock: (ms: number) => string): string {
  return sinceMs === undefined ? '' : ` since ${clock(sinceMs)}`
}

function earliest(of: readonly ComponentHealth[], clock: (ms: number) => string): string {
  const known = of.flatMap(({ sinceMs }) => sinceMs ?? [])
  return known.length === 0 ? '' : `, the first since ${clock(Math.min(...known))}`
}

function name(of: ComponentHealth): Piece {
  return { component: of.component, bad: isDown(of) }
}

/** `a`, `a and b`, `a, b and 4 others`. */
function listed(of: readonly ComponentHealth[]): readonly Piece[] {
  const many = of.length > NAMES_MAX
  const named = of.slice(0, many ? NAMES_MAX - 1 : NAMES_MAX)
  const pieces: Piece[] = []
  for (const [at, one] of named.entries()) {
    if (at > 0) pieces.push({ text: at === named.length - 1 && !many ? ' and ' : ', ' })
    pieces.push(name(one))
  }
  if (many) pieces.push({ text: ` and ${count(of.length - named.length)} others` })
  return pieces
}

/** What is not failing and not well either; said softly behind what fails, and by itself where nothing does. */
function softPieces(board: Board, alone: boolean, clock: (ms: number) => string): readonly Piece[] {
  const soft = !alone
  const text = (said: string): Piece => (soft ? { text: said, soft } : { text: said })
  const pieces: Piece[] = []
  const say = (...said: readonly Piece[]) => {
    if (pieces.length > 0 || soft) pieces.push(text(' '))
    pieces.push(...said)
  }
  const gone = board.nodes.filter(({ state }) => state === 'node_gone' || state === 'collector_gone')
  if (gone.length > 0) say(text(nodesSentence(gone, clock)))
  const of = (state: ComponentHealth['state']) => board.components.filter((one) => one.state === state)
  const [degraded, silent] = [of('degraded'), of('app_silent')]
  if (degraded.length > 0 && alone) say(...listed(degraded), text(`${be(degraded)} degraded${when(degraded, clock)}.`))
  if (silent.length > 0) say(...listed(silent), text(`${be(silent)} silent${when(silent, clock)}.`))
  return pieces
}

/** `payment and checkout have become slow: p95 of payment is 919 ms, before it was 105 ms.` */
function slowPieces(slower: readonly Slower[]): readonly Piece[] {
  const [most] = slower
  if (most === undefined) return []
  const whose = slower.length === 1 ? '' : ` of ${most.health.component}`
  const have = slower.length === 1 ? ' has' : ' have'
  return [...listed(slower.map(({ health }) => health)), { text: `${have} become slow: p95${whose} is ${duration(most.nowMs)}, before it was ${duration(most.beforeMs)}.` }]
}

function be(of: readonly ComponentHealth[]): string {
  return of.length === 1 ? ' has been' : ' are'
}

function when(of: readonly ComponentHealth[], clock: (ms: number) => string): string {
  const [only] = of
  return of.length === 1 && only !== undefined ? since(only, clock) : earliest(of, clock)
}

function nodesSentence(gone: readonly NodeHealth[], clock: (ms: number) => string): string {
  const [only] = gone
  if (gone.length > 1 || only === undefined) return `${count(gone.length)} nodes are gone.`
  const from = only.sinceMs === undefined ? '' : ` since ${clock(only.sinceMs)}`
  return only.state === 'node_gone' ? `${only.node} has been gone${from}.` : `The collector of ${only.node} has been gone${from}.`
}

function wellSentence({ components, changes, edgesMs, atMs }: Board): string {
  const well = components.filter(({ state }) => state === 'healthy').length
  const all = components.length
  const healthy =
    well === all ? (all === 1 ? `${components[0]?.component ?? ''} is healthy.` : `All ${count(all)} components are healthy.`) : `${count(well)} of ${count(all)} components are healthy, of the rest nothing is known.`
  if (changes.length > 0) return healthy
  return `${healthy} Nothing changed in the last ${lengthWords(atMs - (edgesMs[0] ?? atMs))}.`
}

/** `hour`, `15 min`, `6 h`. */
export function lengthWords(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  if (minutes === 60) return 'hour'
  if (minutes < 60) return minutes <= 1 ? 'minute' : `${minutes} min`
  return `${Math.round(minutes / 60)} h`
}

/** The evidence in words, whole: `71 % of calls to basic fail.` */
export function evidenceOf({ component, state, basis, errorRatio, reason, restarts }: ComponentHealth): string {
  // The reason has the share that the state was judged by; what stands in the table is that of the whole window.
  const share = /^[\d.]+ %/.exec(reason)?.[0] ?? (errorRatio === undefined ? undefined : percent(errorRatio))
  if (share !== undefined && (state === 'failing' || state === 'degraded')) {
    return basis === 'calls' ? `${share} of calls to ${component} fail.` : `${share} of the lines of ${component} are errors.`
  }
  if (state === 'crash_looping') return `${component} ${reason === '' ? `restarted ${restarts} times` : reason}.`
  return reason === '' ? '' : `${component}: ${reason}.`
}

/** What a change is called in the list of changes. */
export function changeWords(state: string): string {
  return CHANGES[state] ?? state.replaceAll('_', ' ')
}

const CHANGES: Readonly<Record<string, string>> = {
  failing: 'began to fail',
  degraded: 'degraded',
  healthy: 'recovered',
  crash_looping: 'restarts over and over',
  app_silent: 'fell silent',
  unknown: 'not known any more',
  node_gone: 'gone',
  collector_gone: 'collector gone',
}

/** `silent 41 s` beside a node. */
export function nodeWords({ state, sinceMs }: NodeHealth, atMs: number): string {
  const age = sinceMs === undefined ? '' : ` ${roundDuration(Math.max(atMs - sinceMs, 0))}`
  if (state === 'node_gone') return `gone${age}`
  if (state === 'collector_gone') return `no collector${age}`
  return state === 'unknown' ? 'not watched' : ''
}
