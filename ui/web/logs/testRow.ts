// A line as tests need it: of source `s`, at a time that is its position, too.

import { type LogRecord, recordKey, type SourceId } from '../model/record'
import type { Nanos } from '../model/time'

export function testRow(at: number, change: Partial<LogRecord> = {}): LogRecord {
  return {
    key: recordKey('s', at),
    at: BigInt(at) as Nanos,
    source: 's' as SourceId,
    severity: 'info',
    component: '',
    node: '',
    message: '',
    raw: {},
    ...change,
  }
}
