// The patterns as rows: which is news, in which order they stand, how a template reads, how it went on. Pure.

import type { Step } from '../../api/patterns'
import { PATTERNS_MAX, SPARK_POINTS, USUAL_MS } from '../../model/limits'
import { seen } from '../../model/message'
import type { Pattern } from '../../model/pattern'
import { millis, type Nanos, nanos, parseTime, rfc3339Nanos } from '../../model/time'

export interface PatternRow {
  readonly pattern: Pattern
  /** Not seen in the week before; nothing while that is not known. */
  readonly isNew: boolean | undefined
}

const SEVERITIES = ['unset', 'trace', 'debug', 'info', 'warn', 'error', 'fatal']

/** News first, then what is graver, then what is more. */
export function rowsOf(patterns: readonly Pattern[], before: ReadonlySet<string> | undefined): readonly PatternRow[] {
  const rows = patterns.map((pattern) => ({ pattern, isNew: before === undefined ? undefined : !before.has(pattern.id) }))
  const gravity = ({ pattern }: PatternRow) => SEVERITIES.indexOf(pattern.severity)
  return rows.sort(
    (a, b) =>
      Number(b.isNew ?? false) - Number(a.isNew ?? false) || gravity(b) - gravity(a) || b.pattern.count - a.pattern.count,
  )
}

/** Whether it says that something failed. */
export function isGrave({ severity }: Pattern): boolean {
  return severity === 'error' || severity === 'fatal'
}

export interface TemplatePiece {
  readonly text: string
  readonly variable: boolean
}

/** What is constant, and what is not as `‹›`. */
export function templatePieces(template: string): readonly TemplatePiece[] {
  const pieces = template.split('<*>').flatMap((text, at) => [
    ...(at > 0 ? [{ text: '‹›', variable: true }] : []),
    ...(text === '' ? [] : [{ text: seen(text), variable: false }]),
  ])
  return pieces.length > 0 ? pieces : [{ text: 'nothing', variable: true }]
}

/** The week before a range; nothing when the range has no beginning. */
export function weekBefore(from: string): string | undefined {
  const at = parseTime(from)
  const before = at === undefined ? 0n : at - nanos(USUAL_MS)
  return before <= 0n ? undefined : rfc3339Nanos(before as Nanos)
}

/** Whether it was said before the range begins. */
export function saidBefore({ first }: Pattern, from: string): boolean {
  const begins = parseTime(from)
  return begins === undefined || weekBefore(from) === undefined || first < begins
}

export interface Steps {
  /** As the query language writes it. */
  readonly step: string
  readonly first: Nanos
  readonly length: Nanos
  readonly count: number
}

const MINUTE_MS = 60_000

/** Bins for a line beside a pattern: of whole minutes where they can be, for these are counted already. */
export function stepsOf(from: string, to: string): Steps | undefined {
  const [first, last] = [parseTime(from), parseTime(to)]
  if (first === undefined || last === undefined || last <= first) return undefined
  const ms = Math.max(1, Math.ceil(millis((last - first) as Nanos) / SPARK_POINTS))
  const whole = ms >= MINUTE_MS / 4 ? Math.max(1, Math.ceil(ms / MINUTE_MS)) * MINUTE_MS : ms
  const length = nanos(whole)
  const begins = first - (((first % length) + length) % length)
  return {
    step: whole % MINUTE_MS === 0 ? `${whole / MINUTE_MS}m` : `${whole}ms`,
    first: begins as Nanos,
    length,
    count: Number((last - 1n - begins) / length) + 1,
  }
}

/** Per pattern, how often it came, step by step. */
export function pointsOf(steps: Steps, counted: readonly Step[]): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>()
  for (const { id, at, count } of counted) {
    const points = found.get(id) ?? Array.from({ length: steps.count }, () => 0)
    const place = Number((at - steps.first) / steps.length)
    if (place >= 0 && place < points.length) points[place] = count
    found.set(id, points)
  }
  return found
}

/** `86`, or `1,000+` when there may be more. */
export function howMany(patterns: number): string {
  return `${patterns.toLocaleString('en-US')}${patterns >= PATTERNS_MAX ? '+' : ''}`
}
