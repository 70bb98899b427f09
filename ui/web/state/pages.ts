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
]

export const PAGES = [
  { path: '/logs', name: 'Logs', key: 'l', keys: LOGS_KEYS },
] as const satisfies readonly PageEntry[]

export type PagePath = (typeof PAGES)[number]['path']

export const LOGIN_PATH = '/login'

/** The page that a path leads to; nothing when there is none. The root leads to the first. */
export function pageAt(path: string): PageEntry & { readonly path: PagePath } | undefined {
  if (path === '/') return PAGES[0]
  return PAGES.find((page) => path === page.path || path.startsWith(`${page.path}/`))
}
