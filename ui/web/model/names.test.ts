// What of a name is left out where space is short.

import { expect, test } from 'vitest'
import { shortener } from './names'

test.each([
  [['ts-seat-service', 'ts-order-service', 'ts-order-other-service'], ['seat', 'order', 'order-other']],
  [['ts-a-service', 'ts-b-service', 'ts-c-service', 'ts-d-service', 'gateway'], ['a', 'b', 'c', 'd', 'gateway']],
  [['ts-a-service', 'ts-b-service', 'ts-c-service', 'gateway'], ['ts-a-service', 'ts-b-service', 'ts-c-service', 'gateway']],
  [['org.acme.A', 'org.acme.B', 'org.acme.C'], ['A', 'B', 'C']],
  [['checkout', 'cart', 'catalog'], ['checkout', 'cart', 'catalog']],
  [['ts-a', 'ts-b'], ['ts-a', 'ts-b']],
  [['ts-a', 'ts-b', 'ts-c', 'ts-d', 'a'], ['ts-a', 'ts-b', 'ts-c', 'ts-d', 'a']],
  [[], []],
])('%j are read as %j', (names, read) => {
  expect(names.map(shortener(names))).toEqual(read)
})
