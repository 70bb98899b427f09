// Pieces of a message: colours of a terminal as classes, searched words marked, all of it text nodes.

import type { Piece } from './rowText'

export function Text({ pieces }: { pieces: readonly Piece[] }) {
  return pieces.map(({ text, className, marked }, n) => {
    if (marked) {
      return (
        <mark key={n} className={className || undefined}>
          {text}
        </mark>
      )
    }
    return className === '' ? (
      text
    ) : (
      <span key={n} className={className}>
        {text}
      </span>
    )
  })
}
