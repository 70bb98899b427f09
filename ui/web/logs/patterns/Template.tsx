// How the messages of a pattern read: what is constant in ink, what is not as a quiet sign.

import { templatePieces } from './rows'

export function Template({ of }: { of: string }) {
  return templatePieces(of).map(({ text, variable }, at) =>
    variable ? (
      <span key={at} className="variable">
        {text}
      </span>
    ) : (
      text
    ),
  )
}
