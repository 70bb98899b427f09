// Alerts, rules, silences and deliveries, as the page keeps them. What is not known is undefined.

import type { Json } from './record'

export type Labels = Readonly<Record<string, string>>
export type AlertState = 'pending' | 'firing' | 'resolved'
export type AlertSeverity = 'info' | 'warning' | 'critical'

/** Why nobody is told of an alert: by the silence or the rule of that id, or because its rule is only tried. */
export type Muted = { readonly by: 'silence' | 'rule'; readonly id: string } | { readonly by: 'dry run' }

export interface Alert {
  readonly id: string
  /** The rule's id. */
  readonly rule: string
  /** The rule's name. */
  readonly name: string
  readonly state: AlertState
  readonly severity: AlertSeverity
  /** Without the rule's name. */
  readonly labels: Labels
  readonly value: number | undefined
  readonly sinceMs: number
  readonly untilMs: number | undefined
  /** Why it is in this state. */
  readonly reason: string
  readonly summary: string | undefined
  readonly runbook: string | undefined
  /** Whether the answer that it was told from held everything. */
  readonly complete: boolean
  /** A place of ours where what it is about is shown. */
  readonly link: string | undefined
  readonly muted: Muted | undefined
  /** Told from what came late, when it was over. */
  readonly late: boolean
}

/** A rule as it is written; members that the page does not know are kept. */
export type RuleBody = Readonly<Record<string, Json>>

export interface Rule {
  readonly id: string
  readonly name: string
  /** Who made it. */
  readonly source: 'default' | 'file' | 'api'
  /** Why it cannot be evaluated. */
  readonly failing: string | undefined
  /** Its last step; none before the first. */
  readonly evaluatedMs: number | undefined
  readonly body: RuleBody
}

export interface Matcher {
  readonly name: string
  readonly op: '=' | '!=' | '=~' | '!~'
  readonly value: string
}

export interface Silence {
  readonly id: string
  readonly matchers: readonly Matcher[]
  readonly fromMs: number
  readonly toMs: number
  readonly comment: string
}

/** What became of a notice. */
export interface Delivery {
  readonly id: string
  readonly destination: string
  readonly rule: string
  readonly timeMs: number
  readonly attempts: number
  /** Why it was given up. */
  readonly refusal: string | undefined
  readonly alerts: readonly Alert[]
}

/** One time that a rule would have fired. */
export interface Firing {
  readonly fromMs: number
  readonly toMs: number
  readonly labels: Labels
  readonly peak: number | undefined
}

export interface Replayed {
  readonly firings: readonly Firing[]
  readonly leftOut: number
  readonly evaluations: number
  readonly complete: boolean
  /** The worst value in each of equal parts of the range. */
  readonly curve: readonly (number | undefined)[]
}
