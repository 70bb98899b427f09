// The page of an address where there is none.

import { PAGES } from '../state/pages'
import { Link } from './Link'
import { State } from './State'

export function Missing({ path }: { path: string }) {
  return (
    <main className="alone">
      <State title={`There is no page at ${path}.`} middle>
        <p className="ink2">
          The address may be mistyped, or from another version.{' '}
          <Link className="act" href={PAGES[0].path}>
            Go to {PAGES[0].name}
          </Link>
        </p>
      </State>
    </main>
  )
}
