// Which alerts a silence is about, as one writes it: `alertname="Errors" component=~"pay.*"`. Pure.
//
// Invariant: parseMatchers(writtenMatchers(m)) is m.

import type { Alert, Matcher } from '../model/alert'

export type ReadMatchers = { readonly matchers: readonly Matcher[] } | { readonly problem: string }

/** A name, an operator, a value in quotes or of what needs none. */
const ONE = /^\s*,?\s*([\p{L}\p{N}_.\-/]+)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/u

export function parseMatchers(text: string): ReadMatchers {
  const matchers: Matcher[] = []
  let rest = text
  while (rest.trim() !== '') {
    const found = ONE.exec(rest)
    if (found === null) return { problem: `Write name="value" at “${rest.trim().slice(0, 24)}”; the signs are = != =~ !~.` }
    const [whole, name = '', op = '=', quoted, bare] = found
    matchers.push({ name, op: op as Matcher['op'], value: quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '' })
    rest = rest.slice(whole.length)
  }
  return matchers.length === 0 ? { problem: 'Say which alerts, as in alertname="Errors" component="cart".' } : { matchers }
}

export function writtenMatchers(matchers: readonly Matcher[]): string {
  return matchers.map(({ name, op, value }) => `${name}${op}"${value.replace(/["\\]/g, '\\$&')}"`).join(' ')
}

/** Those that fit this alert and no other of its rule. */
export function matchersOf({ name, labels }: Pick<Alert, 'name' | 'labels'>): readonly Matcher[] {
  return Object.entries({ alertname: name, ...labels }).map(([label, value]) => ({ name: label, op: '=', value }))
}
