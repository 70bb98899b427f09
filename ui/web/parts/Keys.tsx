// The keys, on `?`. The browser's own dialog: it holds the focus and closes on Esc.

import { useEffect, useRef } from 'react'
import interLicence from '../look/fonts/LICENCE-inter.txt?url'
import monoLicence from '../look/fonts/LICENCE-jetbrains-mono.txt?url'

const KEYS: readonly (readonly [string, ...string[]])[] = [
  ['Focus the query', '/'],
  ['Time range', 't'],
  ['Next, previous row', 'j', 'k'],
  ['Open the row', 'Enter'],
  ['Close', 'Esc'],
  ['Live tail', 'l'],
  ['Pause, go on', 'Space'],
  ['Older lines', 'o'],
  ['Light, dark', 'Shift D'],
  ['These keys', '?'],
]

export function Keys({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    dialog.current?.showModal()
    dialog.current?.focus()
  }, [])
  return (
    <dialog
      ref={dialog}
      aria-label="Keys"
      tabIndex={-1}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <dl className="keys">
        {KEYS.map(([what, ...keys]) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
      <p className="fine label">
        Fonts under the Open Font Licence: <a href={interLicence}>Inter</a>
        <a href={monoLicence}>JetBrains Mono</a>
      </p>
    </dialog>
  )
}
