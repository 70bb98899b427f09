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
    element?.showModal()
    const first = element?.querySelector('input') ?? element
    first?.focus()
    return () => element?.close()
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
