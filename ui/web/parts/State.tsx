// A page or a part of it that has nothing to show says why in a sentence and what to do next.

import type { ReactNode } from 'react'
import { CopyButton } from './copy'

export function State({ title, middle, children }: { title: string; middle?: boolean; children: ReactNode }) {
  return (
    <section className={middle ? 'state middle' : 'state'}>
      <h1>{title}</h1>
      {children}
    </section>
  )
}

export function Command({ label, text }: { label: string; text: string }) {
  return (
    <>
      <h2>{label}</h2>
      <div className="command">
        <code>{text}</code>
        <CopyButton className="act" text={text}>
          Copy
        </CopyButton>
      </div>
    </>
  )
}
