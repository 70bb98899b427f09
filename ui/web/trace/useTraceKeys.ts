// The keys of a trace. Each has a button or a row that does the same.

import { useKeys } from '../state/useKeys'

export interface TraceActions {
  step(by: 1 | -1): void
  toError(by: 1 | -1): void
  fold(by: 1 | -1): void
  open(): void
  close(): void
  critical(): void
}

export function useTraceKeys({ step, toError, fold, open, close, critical }: TraceActions): void {
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    ArrowRight: () => fold(1),
    ArrowLeft: () => fold(-1),
    e: () => toError(1),
    E: () => toError(-1),
    p: critical,
    Enter: open,
    Escape: close,
  })
}
