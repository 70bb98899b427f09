// The distinct paths of an entry: the commonest written out, each other one as how it differs from that.

import type { Shorten } from '../model/names'
import { percent } from '../model/percent'
import { duration } from '../model/time'
import { count } from '../logs/words'
import { useKeys } from '../state/useKeys'
import { choose, type Chosen } from './address'
import { differenceOf, named, type Path, type PathsFound, piecesOf } from './words'

/** From this share of failing traces on a path is written red. */
const FAILING = 0.2

const NONE: PathsFound = { paths: [], leftOut: 0 }

interface PathListProps {
  readonly found: PathsFound | undefined
  readonly entry: Pick<Chosen, 'service' | 'operation'>
  readonly open: Path | undefined
  readonly shorten: Shorten
}

export function PathList({ found, entry, open, shorten }: PathListProps) {
  const { paths, leftOut } = found ?? NONE
  const step = (by: number) => {
    const next = paths[paths.findIndex((path) => path === open) + by]
    if (next !== undefined) choose({ ...entry, path: next.id })
  }
  useKeys({ j: () => step(1), k: () => step(-1) })
  const traces = paths.reduce((sum, path) => sum + path.count, 0)
  const distinct = paths.length === 1 ? '1 distinct path' : `${count(paths.length + leftOut)} distinct paths`
  return (
    <section className="paths-list scroll" aria-label="Paths">
      <h2>
        {distinct} of {shorten(entry.service)} {entry.operation}
      </h2>
      <div className="path head label" aria-hidden="true">
        <span className="number">Share</span>
        <span>Services, in order of first call</span>
        <span className="number">p50</span>
        <span className="number">p99</span>
        <span className="number">Failing</span>
      </div>
      <ul>
        {paths.map((path) => (
          <li key={path.id}>
            <button
              type="button"
              className={path === open ? 'path on' : 'path'}
              aria-pressed={path === open}
              onClick={() => choose({ ...entry, path: path.id })}
            >
              <span className="number strong">{percent(path.count / traces)}</span>
              <span>
                <Told path={path} main={paths[0] ?? path} shorten={shorten} />
                <span className="label">{path.count === 1 ? '1 trace' : `${count(path.count)} traces`}</span>
              </span>
              <span className="number">{duration(path.p50Ms)}</span>
              <span className="number">{duration(path.p99Ms)}</span>
              <span className={path.errorRatio > FAILING ? 'number bad strong' : 'number ink3'}>{percent(path.errorRatio)}</span>
            </button>
          </li>
        ))}
      </ul>
      {leftOut > 0 && <p className="data ink3">and {count(leftOut)} rarer ones that are not listed</p>}
    </section>
  )
}

function Told({ path, main, shorten }: { path: Path; main: Path; shorten: Shorten }) {
  if (path === main) return <Written path={path} shorten={shorten} />
  const { without, with: besides } = differenceOf(path, main)
  if (without.length === 0 && besides.length === 0) return <span className="told ink3">the same services, called in another way</span>
  return (
    <span className="told">
      {without.length > 0 && <span className="ink3">ends early, without </span>}
      {named(without, shorten)}
      {besides.length > 0 && <span className="ink3">{without.length > 0 ? '; also calls ' : 'also calls '}</span>}
      {named(besides, shorten)}
    </span>
  )
}

function Written({ path, shorten }: { path: Path; shorten: Shorten }) {
  return (
    <span className="told">
      {piecesOf(path.tree).map((piece, at) =>
        'sign' in piece ? (
          <span key={at} className="ink3">
            {` ${piece.sign} `}
          </span>
        ) : (
          <span key={at}>
            {shorten(piece.service)}
            {piece.times > 1 && <span className="ink3"> ×{piece.times}</span>}
          </span>
        ),
      )}
    </span>
  )
}
