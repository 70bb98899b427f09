// Commands to take along survive a shell.

import { expect, test } from 'vitest'
import { recordKey, type SourceId } from '../model/record'
import { type Nanos, parseTime } from '../model/time'
import { curlCommand, exportCommand, placeOfKey, searchCommand } from './copies'
import { testRow } from './testRow'

const AT = parseTime('2026-01-29T14:05:16.4120001Z') as Nanos
const RECORD = testRow(120, { key: recordKey('9f3a', 120), at: AT, source: '9f3a' as SourceId })
const SERVER = 'http://localhost:6456'

test('a record is fetched by its name', () => {
  expect(curlCommand(SERVER, RECORD)).toBe(
    `curl 'http://localhost:6456/api/v1/logs/context?source=9f3a&position=120&before=0&after=0'`,
  )
  expect(placeOfKey('a:b:7')).toEqual({ source: 'a:b', position: '7' })
})

test('a query stays one word, whatever is in it', () => {
  expect(searchCommand(SERVER, `it's $(rm) "x"`, AT)).toBe(
    `nilometer search 'it'\\''s $(rm) "x"' --server http://localhost:6456 --from 2026-01-29T14:05:16.412000100Z --to 2026-01-29T14:05:17.412000100Z`,
  )
  expect(exportCommand(SERVER, { q: '', from: 'A', to: 'B' }, 'csv')).toBe(
    `nilometer export '' --server http://localhost:6456 --from A --to B --output csv > logs.csv`,
  )
})
