// The fields of the detail.

import { expect, test } from 'vitest'
import { type LogRecord, recordKey, type SourceId } from '../model/record'
import { type Nanos, parseTime } from '../model/time'
import { fieldsOf } from './fields'

const RECORD: LogRecord = {
  key: recordKey('9f3a', '120'),
  at: parseTime('2026-01-29T14:05:16.412Z') as Nanos,
  source: '9f3a' as SourceId,
  severity: 'error',
  component: 'basic',
  node: 'node-76',
  message: 'No instances available',
  raw: {
    time: '2026-01-29T14:05:16.412000000Z',
    received: '2026-01-29T14:05:16.450000000Z',
    component: 'basic',
    node: 'node-76',
    severity: 'error',
    message: 'No instances available',
    attributes: { logger: 'o.a.c', status: 503, tags: ['a'] },
    source: '9f3a',
    position: 120,
  },
}

test('fields come in the order in which a person asks for them', () => {
  expect(fieldsOf(RECORD, 'utc').map((field) => `${field.name}=${field.value}`)).toEqual([
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
  const fields = fieldsOf(RECORD, 'utc')
  expect(fields.filter((field) => field.filters).map((field) => field.name)).toEqual([
    'component',
    'node',
    'severity',
    'logger',
    'status',
  ])
  expect(fields.find((field) => field.name === 'received')?.note).toBe('38 ms later')
})

test('the time can be looked around, and what a value hides is written out', () => {
  const [time] = fieldsOf(RECORD, 'utc')
  expect([time?.at, time?.shown]).toEqual([RECORD.at, '2026-01-29T14:05:16.412Z'])
  const hostile = { ...RECORD, raw: { ...RECORD.raw, attributes: { a: 'x\u0007\u202e' } } }
  const field = fieldsOf(hostile, 'utc').find(({ name }) => name === 'a')
  expect([field?.shown, field?.value]).toEqual(['x\\x07\\u202e', 'x\u0007\u202e'])
})
