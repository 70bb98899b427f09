// A pattern in the list: how many lines, since when, what they say, who says it, and its course.

import { seen } from '../../model/message'
import type { Shorten } from '../../model/names'
import type { Pattern } from '../../model/pattern'
import { clockIn, type Zone } from '../../model/zone'
import { Link } from '../../parts/Link'
import { Spark } from '../../parts/Spark'
import { count, dayAndMinute } from '../words'
import { isGrave, type PatternRow } from './rows'
import { Template } from './Template'

export interface PatternLineProps {
  readonly row: PatternRow
  readonly chosen: boolean
  readonly href: string
  readonly points: readonly number[] | undefined
  readonly shorten: Shorten
  readonly zone: Zone
  /** The last line is told instead of the first. */
  readonly vanished: boolean
  /** Another one is to become part of one of these. */
  readonly merging: boolean
  readonly onExclude: (pattern: Pattern) => void
  readonly onMerge: (pattern: Pattern) => void
  readonly onInto: (pattern: Pattern) => void
}

export function PatternLine(props: PatternLineProps) {
  const { row, chosen, href, points, shorten, merging, onExclude, onMerge, onInto } = props
  const { pattern, isNew } = row
  const grave = isGrave(pattern)
  const news = isNew === true && grave
  const whole = pattern.components.map(seen).join(', ')
  const words = (
    <span className={news ? 'template bad' : 'template'}>
      <Template of={pattern.template} />
    </span>
  )
  return (
    <li className={chosen ? 'pattern on' : 'pattern'} aria-current={chosen || undefined} data-id={pattern.id}>
      <i className={`bar ${pattern.severity}${isNew === false ? ' usual' : ''}`} title={pattern.severity} />
      <span className="number">{count(pattern.count)}</span>
      <Since {...props} news={news} />
      {merging ? (
        <button type="button" onClick={() => onInto(pattern)}>
          {words}
        </button>
      ) : (
        <Link href={href}>{words}</Link>
      )}
      <span className="who cut ink2" title={whole}>
        {pattern.components.map((name) => seen(shorten(name))).join(', ')}
      </span>
      <Spark points={points ?? []} badFrom={news ? 0 : undefined} quiet={!news} />
      {!merging && (
        <span className="row-actions">
          <button type="button" onClick={() => onExclude(pattern)}>
            Leave out
          </button>
          <button type="button" title="Makes one pattern of two" onClick={() => onMerge(pattern)}>
            Merge
          </button>
        </span>
      )}
    </li>
  )
}

function Since({ row: { pattern, isNew }, vanished, zone, news }: PatternLineProps & { readonly news: boolean }) {
  if (vanished) return <span className="since ink2">{dayAndMinute(pattern.last, zone)}</span>
  if (isNew !== true) return <span className="since ink3">{isNew === false ? 'before' : ''}</span>
  return (
    <span className={news ? 'since bad' : 'since'}>
      {clockIn(pattern.first, zone).slice(0, 8)} <b className="new">new</b>
    </span>
  )
}
