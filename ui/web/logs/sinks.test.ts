// What a page may hold.

import { expect, test } from 'vitest'
import { heldSink, TooMuchToHold } from './sinks'

test('a page holds as many bytes as it may, and not one more', async () => {
  const sink = heldSink('logs.csv', 'csv', 4)
  await sink.write('ab')
  await sink.write('é')
  await expect(sink.write('x')).rejects.toThrow(TooMuchToHold)
})
