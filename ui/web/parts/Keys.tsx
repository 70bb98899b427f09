// The keys, on `?`: those of the page, then those that work everywhere.

import { type KeyRow, PAGES } from '../state/pages'
import interLicence from '../look/fonts/LICENCE-inter.txt?url'
import monoLicence from '../look/fonts/LICENCE-jetbrains-mono.txt?url'
import { Dialog } from './Dialog'

const EVERYWHERE: readonly KeyRow[] = [
  ['Search or jump', 'Ctrl K'],
  ...PAGES.map(({ name, key }): KeyRow => [`Go to ${name}`, `g ${key}`]),
  ['Time range', 't'],
  ['Zoom out', 'z'],
  ['Shift the range', '[', ']'],
  ['Copy permalink', 'y'],
  ['Light, dark', 'Shift D'],
  ['These keys', '?'],
]

export interface KeysProps {
  /** The page's name and its keys. */
  readonly page: string
  readonly keys: readonly KeyRow[]
  readonly onClose: () => void
}

export function Keys({ page, keys, onClose }: KeysProps) {
  return (
    <Dialog label="Keys" onClose={onClose}>
      <div className="keys">
        {keys.length > 0 && <Group name={page} rows={keys} />}
        <Group name="Everywhere" rows={EVERYWHERE} />
      </div>
      <p className="fine label">
        Fonts under the Open Font Licence: <a href={interLicence}>Inter</a>
        <a href={monoLicence}>JetBrains Mono</a>
      </p>
    </Dialog>
  )
}

function Group({ name, rows }: { name: string; rows: readonly KeyRow[] }) {
  return (
    <section aria-label={name}>
      <h2>{name}</h2>
      <dl>
        {rows.map(([what, ...keys]) => (
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
    </section>
  )
}
