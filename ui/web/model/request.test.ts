// Which request a line belongs to.

import { expect, test } from 'vitest'
import { requestOf } from './request'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'

test.each<[string, Record<string, string>, string, string | undefined, string | undefined]>([
  ['its fields say it', { trace_id: TRACE, span_id: SPAN }, 'paid', TRACE, SPAN],
  ['its fields go before its text', { trace_id: TRACE }, `trace_id=${TRACE.replace('4', '5')}`, TRACE, undefined],
  ['logfmt', {}, `level=info trace_id=${TRACE} span_id=${SPAN} msg=paid`, TRACE, SPAN],
  ['in brackets', {}, `INFO [trace_id=${TRACE} span_id=${SPAN}] paid`, TRACE, SPAN],
  ['JSON', {}, `{"msg":"paid","traceId": "${TRACE.toUpperCase()}","spanId":"${SPAN}"}`, TRACE, SPAN],
  ['an id that is too long is none', {}, `trace_id=${TRACE}0`, undefined, undefined],
  ['a span alone leads nowhere', {}, `span_id=${SPAN}`, undefined, undefined],
  ['nothing', {}, 'paid', undefined, undefined],
])('%s', (_, raw, message, trace, span) => {
  expect(requestOf({ raw, message })).toEqual({ trace, span })
})
