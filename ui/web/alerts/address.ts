// What the Alerts page says in its address besides the range: whom or what the right side shows. Pure, but
// for the writers.
//
//   ?alert=ID                          an alert that is pending or fires
//   ?rule=ID, ?new=1                   a rule; draft=JSON is what was changed and not saved
//   ?show=silences&matchers=TEXT       silences, and the one that is written
//   ?show=deliveries                   what was sent
//   (none), find=WORDS                 the history

import type { How } from '../state/address'
import { changeBesides } from '../state/useView'
import { type Change, parseChange, writtenChange } from './draft'

export type Shown =
  | { readonly what: 'history' | 'silences' | 'deliveries' | 'new rule' }
  | { readonly what: 'alert' | 'rule'; readonly id: string }

export interface Place {
  readonly shown: Shown
  readonly find: string
  readonly matchers: string
  readonly draft: Change
}

export function placeOf(besides: URLSearchParams): Place {
  return { shown: shownOf(besides), find: besides.get('find') ?? '', matchers: besides.get('matchers') ?? '', draft: parseChange(besides.get('draft')) }
}

function shownOf(besides: URLSearchParams): Shown {
  const [alert, rule, show] = [besides.get('alert'), besides.get('rule'), besides.get('show')]
  if (alert !== null) return { what: 'alert', id: alert }
  if (rule !== null) return { what: 'rule', id: rule }
  if (besides.get('new') === '1') return { what: 'new rule' }
  return { what: show === 'silences' || show === 'deliveries' ? show : 'history' }
}

const NOTHING = { alert: undefined, rule: undefined, new: undefined, show: undefined, matchers: undefined, draft: undefined, find: undefined }

/** Shows something on the right side; what was said of the former is forgotten. */
export function show(shown: Shown, how: How = 'push', matchers?: string): void {
  changeBesides({ ...NOTHING, ...saidOf(shown), matchers }, {}, how)
}

function saidOf(shown: Shown): Readonly<Record<string, string>> {
  switch (shown.what) {
    case 'alert':
      return { alert: shown.id }
    case 'rule':
      return { rule: shown.id }
    case 'new rule':
      return { new: '1' }
    case 'history':
      return {}
    default:
      return { show: shown.what }
  }
}

export function find(words: string): void {
  changeBesides({ find: words }, {}, 'replace')
}

export function keepDraft(change: Change): void {
  changeBesides({ draft: writtenChange(change) }, {}, 'replace')
}
