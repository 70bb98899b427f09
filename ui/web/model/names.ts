// Names that share how they begin or end are read by the rest: `seat` for `ts-seat-service`. For rows only;
// the detail, what is copied and queries have the whole name.

const SHARE = 0.8
const NAMES_MIN = 3
const SEPARATOR = /[-._/]/

export type Shorten = (name: string) => string

/** Leaves out the prefix and the suffix that at least 80 % of the names share, if all stay different. */
export function shortener(names: readonly string[]): Shorten {
  const distinct = [...new Set(names)]
  if (distinct.length < NAMES_MIN) return whole
  const prefix = shared(distinct)
  const suffix = reverse(shared(distinct.map((name) => reverse(without(name, prefix, '')))))
  const shorten = (name: string) => without(name, prefix, suffix)
  return new Set(distinct.map(shorten)).size === distinct.length ? shorten : whole
}

function whole(name: string): string {
  return name
}

/** The longest beginning, up to and with a separator, that enough of the names have. */
function shared(names: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const name of names) {
    for (let end = 1; end < name.length; end += 1) {
      if (!SEPARATOR.test(name[end - 1] ?? '')) continue
      const prefix = name.slice(0, end)
      counts.set(prefix, (counts.get(prefix) ?? 0) + 1)
    }
  }
  const enough = [...counts].filter(([, count]) => count >= names.length * SHARE)
  return enough.reduce((longest, [prefix]) => (prefix.length > longest.length ? prefix : longest), '')
}

function without(name: string, prefix: string, suffix: string): string {
  const rest = prefix !== '' && name.length > prefix.length && name.startsWith(prefix) ? name.slice(prefix.length) : name
  const ends = suffix !== '' && rest.length > suffix.length && rest.endsWith(suffix)
  return ends ? rest.slice(0, -suffix.length) : rest
}

function reverse(text: string): string {
  return Array.from(text).reverse().join('')
}
