// The latest queries of this browser. They may name what is searched for, so signing out forgets them.

import { QUERY_CHARS_MAX, RECENT_QUERIES_MAX } from '../model/limits'

const KEY = 'nilometer.recent'

/** The latest first. */
export function recentQueries(): readonly string[] {
  try {
    return recentOf(localStorage.getItem(KEY))
  } catch {
    // A browser that keeps nothing.
    return []
  }
}

export function rememberQuery(q: string): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(withRecent(recentQueries(), q)))
  } catch {
    // A browser that keeps nothing, or has no room.
  }
}

export function forgetQueries(): void {
  try {
    localStorage.removeItem(KEY)
  } catch {
    // A browser that keeps nothing has nothing to forget.
  }
}

/** What was kept, whoever wrote it. */
export function recentOf(kept: string | null): readonly string[] {
  if (kept === null) return []
  try {
    const list: unknown = JSON.parse(kept)
    const texts = Array.isArray(list) ? list.filter((q): q is string => typeof q === 'string') : []
    return texts.slice(0, RECENT_QUERIES_MAX)
  } catch {
    return []
  }
}

/** The list with a query in front, once. */
export function withRecent(list: readonly string[], q: string): readonly string[] {
  const query = q.trim()
  if (query === '' || query.length > QUERY_CHARS_MAX) return list
  return [query, ...list.filter((other) => other !== query)].slice(0, RECENT_QUERIES_MAX)
}
