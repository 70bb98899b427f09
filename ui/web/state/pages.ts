// The pages there are, in the order in which they are shown: the one registry that the header, the keys,
// the palette and the router read. A page that is not built does not stand here.

/** What a key does, and the keys that do it. */
export type KeyRow = readonly [what: string, ...keys: string[]]

export interface PageEntry {
  readonly path: string
  readonly name: string
  /** After `g`. */
  readonly key: string
  readonly keys: readonly KeyRow[]
  /** What is shown below the path, `/traces/ID`: one of those that the page lists. */
  readonly one?: { readonly name: string; readonly keys: readonly KeyRow[] }
}

const LOGS_KEYS: readonly KeyRow[] = [
  ['Focus the query', '/'],
  ['Next, previous row', 'j', 'k'],
  ['Open the row', 'Enter'],
  ['Close', 'Esc'],
  ['Next, previous error', 'e', 'E'],
  ['Include, exclude value', '+', '−'],
  ['Copy row', 'c'],
  ['Live tail', 'l'],
  ['Pause, go on', 'Space'],
  ['Order', 'o'],
  ['Wrap lines', 'w'],
  ['Lines or patterns', 'v'],
]

const HEALTH_KEYS: readonly KeyRow[] = [
  ['Next, previous component', 'j', 'k'],
  ['Its lines', 'Enter'],
  ['Leave it', 'Esc'],
]

const TRACES_KEYS: readonly KeyRow[] = [
  ['Focus the query', '/'],
  ['Next, previous trace', 'j', 'k'],
  ['Open the trace', 'Enter'],
  ['Next, previous with errors', 'e', 'E'],
  ['Newest or slowest first', 'o'],
  ['Leave the chosen part', 'Esc'],
]

const TRACE_KEYS: readonly KeyRow[] = [
  ['Next, previous span', 'j', 'k'],
  ['Fold, open', '←', '→'],
  ['Next, previous error', 'e', 'E'],
  ['Critical path only', 'p'],
  ['Open the span', 'Enter'],
  ['Close', 'Esc'],
  ['Include, exclude value', '+', '−'],
]

const PATHS_KEYS: readonly KeyRow[] = [
  ['Next, previous path', 'j', 'k'],
]

const ALERTS_KEYS: readonly KeyRow[] = [
  ['Next, previous alert or rule', 'j', 'k'],
  ['What the alert is about', 'Enter'],
  ['Silence the alert', 's'],
  ['New rule', 'n'],
  ['Save the rule', 'Ctrl Enter'],
  ['Find in the history', '/'],
  ['Close', 'Esc'],
]

export const PAGES = [
  { path: '/health', name: 'Health', key: 'h', keys: HEALTH_KEYS },
  { path: '/logs', name: 'Logs', key: 'l', keys: LOGS_KEYS },
  { path: '/traces', name: 'Traces', key: 't', keys: TRACES_KEYS, one: { name: 'Trace', keys: TRACE_KEYS } },
  { path: '/paths', name: 'Paths', key: 'p', keys: PATHS_KEYS },
  { path: '/alerts', name: 'Alerts', key: 'a', keys: ALERTS_KEYS },
] as const satisfies readonly PageEntry[]

export type PagePath = (typeof PAGES)[number]['path']

export const LOGIN_PATH = '/login'

/** The page that a path leads to; nothing when there is none. The root leads to the first. */
export function pageAt(path: string): PageEntry & { readonly path: PagePath } | undefined {
  if (path === '/') return PAGES[0]
  const page: (PageEntry & { readonly path: PagePath }) | undefined = PAGES.find((page) => path === page.path || path.startsWith(`${page.path}/`))
  return page?.one !== undefined && oneAt(path) !== undefined ? { ...page, ...page.one } : page
}

/** The id behind a page's path: `abc` of `/traces/abc`. */
export function oneAt(path: string): string | undefined {
  const id = path.split('/')[2]
  return id === undefined || id === '' ? undefined : decoded(id)
}

/** Where a view of the page at this path stands: the page's path, or that of the one that is shown. */
export function placeAt(path: string): string | undefined {
  const page = pageAt(path)
  const one = page?.one === undefined ? undefined : oneAt(path)
  return one === undefined ? page?.path : `${page?.path}/${encodeURIComponent(one)}`
}

/** An address that nobody can decode is taken as it is. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
