// A message longer than its row keeps its beginning and its cause: the middle goes, and if that is not
// enough, the beginning goes too. `Servlet.service() ⋯ IllegalStateException: No instances available`

export interface Squeezed {
  readonly head: string
  readonly cause: string
}

const CAUSE = /(?:nested exception is|caused by):?\s+/gi
const PACKAGE = /^(?:[\w$]+\.)+(?=[A-Z][\w$]*)/
const TRAILER = /\]? with root cause$/
const HEAD_CHARS = 24
/** What stands between the two, and a little room. */
const BETWEEN_CHARS = 4

/** Nothing when the text fits or names no cause. `text` is one line. */
export function squeeze(text: string, chars: number): Squeezed | undefined {
  if (text.length <= chars) return undefined
  const last = [...text.matchAll(CAUSE)].at(-1)
  if (last === undefined) return undefined
  const rest = text.slice(last.index + last[0].length)
  const cause = (rest.split(' ⏎ ')[0] ?? '').replace(TRAILER, '').replace(PACKAGE, '')
  if (cause === '') return undefined
  const head = cause.length + HEAD_CHARS + BETWEEN_CHARS > chars ? '' : cutAtWord(text)
  return { head, cause }
}

function cutAtWord(text: string): string {
  return text.slice(0, HEAD_CHARS).replace(/\s\S*$/, ' ')
}
