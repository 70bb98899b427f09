// An alert for tests: a warning that fires, but for what is said otherwise.

import type { Alert } from '../model/alert'

export function testAlert(said: Partial<Alert>): Alert {
  return {
    ...{ id: 'a', rule: 'errors', name: 'Errors', state: 'firing', severity: 'warning', labels: { component: 'cart' }, value: 1 },
    ...{ sinceMs: 0, untilMs: undefined, reason: '', summary: undefined, runbook: undefined, complete: true, link: undefined, muted: undefined, late: false },
    ...said,
  }
}
