// What completion does to a query. The server counts characters, an input counts UTF-16 units; both are
// spelled out here. Pure.

import type { Completion, CompletionItem } from '../../api/client'

export interface Edit {
  /** `[from, to)` in UTF-16 units. */
  readonly from: number
  readonly to: number
  readonly text: string
}

/** How many characters stand before a place that counts UTF-16 units. */
export function charactersBefore(q: string, units: number): number {
  return Array.from(q.slice(0, units)).length
}

/** Where a character begins, in UTF-16 units. */
export function unitsBefore(q: string, characters: number): number {
  return Array.from(q).slice(0, characters).join('').length
}

/** What an item does to the query. Behind a field and an open parenthesis one goes on writing; behind all
 *  else a blank follows. */
export function editOf(q: string, { replace }: Completion, item: CompletionItem): Edit {
  const from = unitsBefore(q, replace.from)
  const to = unitsBefore(q, replace.to)
  const goesOn = item.kind === 'field' || item.text.endsWith('(') || item.kind === 'function'
  const blank = goesOn || /^[\s)|,]/.test(q.slice(to)) ? '' : ' '
  return { from, to, text: item.text + blank }
}

/** Items that would change something: the only one that is already written is none. While somebody only types,
 *  nothing comes up between two words either. */
export function offered(q: string, completion: Completion, askedFor: boolean): readonly CompletionItem[] {
  const { items, replace } = completion
  const before = q.slice(0, unitsBefore(q, replace.from))
  const written = q.slice(before.length, unitsBefore(q, replace.to))
  const begun = written !== '' || /[:(|,]\s*$/.test(before)
  if (!begun && !askedFor) return []
  return items.length === 1 && items[0]?.text === written ? [] : items
}

/** The item that the arrows go to: round and round, from none to the first or the last. */
export function nextItem(active: number | undefined, by: 1 | -1, count: number): number | undefined {
  if (count === 0) return undefined
  if (active === undefined) return by === 1 ? 0 : count - 1
  return (active + by + count) % count
}

/** What is offered, and what of it Enter takes; while somebody only types that is nothing, and Enter searches. */
export interface Offer {
  readonly completion: Completion
  readonly items: readonly CompletionItem[]
  readonly active: number | undefined
}

/** The offer that was made for the query `before`, for the query `now` in which nothing but the offered piece was
 *  written on: what still begins so. Whoever types faster than the server answers completes the right piece. */
export function carriedOver(offer: Offer, before: string, now: string): Offer | undefined {
  if (before === now) return offer
  const { from, to } = offer.completion.replace
  const [old, written] = [Array.from(before), Array.from(now)]
  const end = to + written.length - old.length
  const piece = written.slice(from, end).join('')
  const grown = [...old.slice(0, to), ...written.slice(to, end), ...old.slice(to)].join('') === now
  if (end <= to || !grown || !/^[\p{L}\p{N}_.@-]+$/u.test(written.slice(to, end).join(''))) return undefined
  const items = offer.items.filter(({ text }) => text.toLowerCase().startsWith(piece.toLowerCase()))
  const completion = { ...offer.completion, replace: { from, to: end } }
  return items.length === 0 ? undefined : { completion, items, active: undefined }
}

export type Action =
  | { readonly kind: 'ask' | 'search' | 'close' | 'leave' }
  | { readonly kind: 'activate'; readonly at: number | undefined }
  | { readonly kind: 'take'; readonly item: CompletionItem }

interface Key {
  readonly key: string
  readonly ctrlKey: boolean
  readonly shiftKey: boolean
}

/** What a key does in the field; nothing for those that are the browser's. */
export function actionOf({ key, ctrlKey, shiftKey }: Key, offer: Offer | undefined): Action | undefined {
  const active = offer?.items[offer.active ?? -1]
  if (key === ' ' && ctrlKey) return { kind: 'ask' }
  if (key === 'ArrowDown' && offer === undefined) return { kind: 'ask' }
  if (offer !== undefined && (key === 'ArrowDown' || key === 'ArrowUp')) {
    return { kind: 'activate', at: nextItem(offer.active, key === 'ArrowDown' ? 1 : -1, offer.items.length) }
  }
  if (key === 'Enter') return active === undefined ? { kind: 'search' } : { kind: 'take', item: active }
  const first = active ?? offer?.items[0]
  if (key === 'Tab' && !shiftKey && first !== undefined) return { kind: 'take', item: first }
  if (key === 'Escape') return { kind: offer === undefined ? 'leave' : 'close' }
  return undefined
}
