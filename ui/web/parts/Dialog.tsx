// A dialog over the page: the browser's own, which holds the focus, gives it back, and closes on Esc.

import { type ReactNode, useEffect, useRef } from 'react'

export interface DialogProps {
  readonly label: string
  readonly onClose: () => void
  readonly children: ReactNode
}

export function Dialog({ label, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const element = dialog.current
    // Not closed behind itself: removing it is enough, and `close` would tell the one who opens it.
    if (element?.open === false) element.showModal()
    const first = element?.querySelector('input') ?? element
    first?.focus()
  }, [])
  return (
    <dialog
      ref={dialog}
      aria-label={label}
      tabIndex={-1}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      {children}
    </dialog>
  )
}
