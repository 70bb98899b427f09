// A link to a place of ours: followed without loading the app again. Whatever else a browser does with a
// link (a new tab, a copy of its address) is the browser's.

import type { ComponentProps, MouseEvent } from 'react'
import { go } from '../state/address'

export function Link(props: ComponentProps<'a'> & { readonly href: string }) {
  const follow = (event: MouseEvent) => {
    props.onClick?.(event as MouseEvent<HTMLAnchorElement>)
    if (event.defaultPrevented || event.button !== 0) return
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    go(props.href)
  }
  return <a {...props} onClick={follow} />
}
