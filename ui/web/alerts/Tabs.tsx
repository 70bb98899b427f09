// What the right side shows when neither an alert nor a rule is chosen.

import { show, type Shown } from './address'

export function Tabs({ shown, silences }: { shown: Shown; silences: number }) {
  const tabs = [
    ['history', 'History', undefined],
    ['silences', 'Silences', silences],
    ['deliveries', 'Deliveries', undefined],
  ] as const
  return (
    <nav className="kinds" aria-label="Shown">
      {tabs.map(([what, name, count]) => (
        <button key={what} type="button" className="tool" aria-pressed={shown.what === what} onClick={() => show({ what })}>
          {name}
          {count !== undefined && count > 0 && <span className="ink3">{count}</span>}
        </button>
      ))}
      <span className="grow" />
      {shown.what !== 'new rule' && (
        <button type="button" className="tool wide" title="New rule: n" onClick={() => show({ what: 'new rule' })}>
          New rule
        </button>
      )}
    </nav>
  )
}
