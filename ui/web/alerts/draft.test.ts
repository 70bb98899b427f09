// A rule as slots and back.

import { expect, test } from 'vitest'
import type { Rule } from '../model/alert'
import { changeOf, draftOf, parseChange, ruleOf, slotOf, unreadable, writtenChange } from './draft'

const RULE: Rule = {
  id: 'errors',
  name: 'Errors',
  source: 'api',
  failing: undefined,
  evaluatedMs: undefined,
  body: {
    ...{ id: 'errors', name: 'Errors', query: 'severity:error', group_by: ['component', 'node'], condition: { op: '>', value: 5 } },
    ...{ labels: { team: 'shop' }, annotations: { summary: 'bad', other: 'kept' }, inhibited_by: [{ rule: 'node-gone' }] },
  },
}

test('a rule that nobody changed stays as it is', () => {
  expect(ruleOf(draftOf(RULE, {}), RULE)).toEqual(RULE.body)
  expect(changeOf(RULE, draftOf(RULE, {}))).toEqual({})
})

test('a changed slot changes its member, and what has no slot is kept', () => {
  const draft = draftOf(RULE, { 'condition.value': '7.5', 'annotations.summary': '', group_by: 'component,', dry_run: 'true' })
  expect(ruleOf(draft, RULE)).toEqual({
    ...RULE.body,
    condition: { op: '>', value: 7.5 },
    annotations: { other: 'kept' },
    group_by: ['component'],
    dry_run: true,
  })
})

test('of a new rule only what was said is sent', () => {
  expect(ruleOf(draftOf(undefined, { name: ' New ', query: '*' }), undefined)).toEqual({ name: 'New', query: '*' })
})

test.each([
  ['query', 'query'],
  ['condition.op', 'condition.op'],
  ['condition', 'condition.op'],
  ['group_by[1]', 'group_by'],
  ['labels', undefined],
  [undefined, undefined],
])('a refusal about %s stands at %s', (field, slot) => {
  expect(slotOf(field)).toBe(slot)
})

test('a limit that is no number is said before it is sent', () => {
  expect(unreadable(draftOf(RULE, {}))).toBeUndefined()
  expect(unreadable(draftOf(RULE, { 'condition.value': '5 %' }))?.slot).toBe('condition.value')
})

test('a change goes through the address, and what is no change is none', () => {
  expect(parseChange(writtenChange({ query: 'a "b"' }) ?? null)).toEqual({ query: 'a "b"' })
  expect(writtenChange({})).toBeUndefined()
  for (const text of [null, '', '{', '[]', 'null', '{"query":1,"other":"x"}']) expect(parseChange(text)).toEqual({})
})
