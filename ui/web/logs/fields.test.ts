// The fields of the detail.

import { expect, test } from 'vitest'
import { toRecord } from '../api/wire'
import { fieldsOf } from './fields'

const RECORD = toRecord({
  time: '2026-01-29T14:05:16.412000000Z',
  received: '2026-01-29T14:05:16.450000000Z',
  component: 'basic',
  node: 'node-76',
  severity: 'error',
  message: 'No instances available',
  attributes: { logger: 'o.a.c', status: 503, tags: ['a'] },
  source: '9f3a',
  position: '120',
})

test('fields come in the order in which a person asks for them', () => {
  expect(fieldsOf(RECORD).map((field) => `${field.name}=${field.value}`)).toEqual([
    'time=2026-01-29T14:05:16.412000000Z',
    'component=basic',
    'node=node-76',
    'severity=error',
    'logger=o.a.c',
    'status=503',
    'tags=["a"]',
    'received=2026-01-29T14:05:16.450000000Z',
    'source=9f3a:120',
  ])
})

test('only single values can be searched for, and a receipt says how long it took', () => {
  const fields = fieldsOf(RECORD)
  expect(fields.filter((field) => field.filters).map((field) => field.name)).toEqual([
    'component',
    'node',
    'severity',
    'logger',
    'status',
  ])
  expect(fields.find((field) => field.name === 'received')?.note).toBe('38 ms later')
})
