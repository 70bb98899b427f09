// Copies a text and says so in its own place.

import { useEffect, useState } from 'react'

const SAID_MS = 1_200

export function CopyButton(props: { text: string | (() => string); className: string; children: string }) {
  const [said, setSaid] = useState<string>()
  useEffect(() => {
    if (said === undefined) return
    const timer = setTimeout(() => setSaid(undefined), SAID_MS)
    return () => clearTimeout(timer)
  }, [said])
  const onClick = async () => {
    const text = typeof props.text === 'string' ? props.text : props.text()
    setSaid((await copy(text)) ? 'Copied' : 'Not copied')
  }
  return (
    <button type="button" className={props.className} onClick={onClick}>
      {said ?? props.children}
    </button>
  )
}

/** Browsers give the clipboard to secure pages only; the older way works on the rest. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const area = document.createElement('textarea')
    area.value = text
    document.body.append(area)
    area.select()
    const done = document.execCommand('copy')
    area.remove()
    return done
  }
}
