// Finding a border in what is in order, by halving.

/** How many of the first `length` numbers fulfil a condition that all the others do not. */
export function bisect(length: number, holds: (n: number) => boolean): number {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >> 1
    if (holds(middle)) low = middle + 1
    else high = middle
  }
  return low
}
