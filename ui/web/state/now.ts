// The moment that `now` means in a question: the end of the second that is running. So addresses, ticks and
// bars stand at whole seconds, and what was written a moment ago is still inside.

export function nowMs(): number {
  return Math.ceil(Date.now() / 1000) * 1000
}
