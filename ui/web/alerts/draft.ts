// A rule while it is written: what stands in each slot, and the rule that comes of it. Pure.
//
// - A slot is named as the server names the member in a refusal (`condition.value`), so that it stands at it.
// - What has no slot is kept as it was.
// - An empty slot is not said: the server's default holds.

import type { Rule, RuleBody } from '../model/alert'
import type { Json } from '../model/record'

export const SLOTS = [
  ...['name', 'signal', 'query', 'of', 'every', 'over', 'for', 'group_by', 'condition.op', 'condition.value'],
  ...['severity', 'no_data', 'notify', 'runbook', 'annotations.summary', 'dry_run'],
] as const
export type SlotName = 'name' | 'signal' | 'query' | 'of' | 'every' | 'over' | 'for' | 'group_by' | 'condition.op' | 'condition.value' | 'severity' | 'no_data' | 'notify' | 'runbook' | 'annotations.summary' | 'dry_run'
export type Draft = Readonly<Record<SlotName, string>>
export type Change = Readonly<Partial<Draft>>

const LISTS: readonly string[] = ['group_by', 'notify']

export function draftOf(rule: Rule | undefined, change: Change): Draft {
  const slots = (SLOTS as readonly SlotName[]).map((name) => [name, change[name] ?? textOf(at(rule?.body ?? {}, name))])
  return Object.fromEntries(slots) as Draft
}

/** What differs from the rule as it is. */
export function changeOf(rule: Rule | undefined, draft: Draft): Change {
  const is = draftOf(rule, {})
  return Object.fromEntries((SLOTS as readonly SlotName[]).flatMap((name) => (draft[name] === is[name] ? [] : [[name, draft[name]]])))
}

export function ruleOf(draft: Draft, rule: Rule | undefined): RuleBody {
  const body: Record<string, Json> = { ...rule?.body }
  for (const name of SLOTS as readonly SlotName[]) {
    const [member = name, inner] = name.split('.')
    const value = valueOf(name, draft[name].trim())
    if (inner === undefined) set(body, member, value)
    else {
      const parts: Record<string, Json> = { ...(body[member] as Readonly<Record<string, Json>> | undefined) }
      set(parts, inner, value)
      set(body, member, Object.keys(parts).length === 0 ? undefined : parts)
    }
  }
  return body
}

/** What cannot be sent as it is typed. */
export function unreadable(draft: Draft): { readonly slot: SlotName; readonly problem: string } | undefined {
  const value = draft['condition.value'].trim()
  if (value === '' || Number.isFinite(Number(value))) return undefined
  return { slot: 'condition.value', problem: `“${value}” is no number. A duration is written in ms.` }
}

/** The slot that a refusal is about. */
export function slotOf(field: string | undefined): SlotName | undefined {
  if (field === undefined) return undefined
  const slots: readonly SlotName[] = SLOTS as readonly SlotName[]
  return slots.find((name) => name === field) ?? slots.find((name) => field.startsWith(`${name}.`) || field.startsWith(`${name}[`) || name.startsWith(`${field}.`))
}

/** A change as an address holds it. What cannot be read is none. */
export function parseChange(text: string | null): Change {
  try {
    const said: unknown = JSON.parse(text ?? '{}')
    if (typeof said !== 'object' || said === null) return {}
    return Object.fromEntries(Object.entries(said).filter(([name, value]) => (SLOTS as readonly string[]).includes(name) && typeof value === 'string'))
  } catch {
    return {}
  }
}

export function writtenChange(change: Change): string | undefined {
  return Object.keys(change).length === 0 ? undefined : JSON.stringify(change)
}

function at(body: RuleBody, name: string): Json | undefined {
  const [member = '', inner] = name.split('.')
  const value = body[member]
  if (inner === undefined) return value
  return (value as Readonly<Record<string, Json>> | null | undefined)?.[inner]
}

function textOf(value: Json | undefined): string {
  if (value === undefined || value === null || value === false) return ''
  return Array.isArray(value) ? value.join(', ') : String(value)
}

function valueOf(name: SlotName, text: string): Json | undefined {
  if (text === '') return undefined
  if (LISTS.includes(name)) return text.split(/\s*,\s*/).filter((part) => part !== '')
  if (name === 'dry_run') return text === 'true'
  return name === 'condition.value' ? Number(text) : text
}

function set(members: Record<string, Json>, name: string, value: Json | undefined): void {
  if (value === undefined) delete members[name]
  else members[name] = value
}
