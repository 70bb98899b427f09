// Numbers as the board writes them, and what a state is called. Pure.

import { count } from '../logs/words'
import type { ComponentState } from '../model/health'

/** `0.69`, `12.4`, `1,284`: per second. */
export function rateWords(rate: number): string {
  if (rate === 0) return '0'
  if (rate < 0.005) return '<0.01'
  if (rate < 10) return rate.toFixed(2)
  return rate < 100 ? rate.toFixed(1) : count(Math.round(rate))
}

/** The shape of a state. */
export function markOf(state: ComponentState): 'failing' | 'warning' | 'silent' | 'plain' {
  if (state === 'failing' || state === 'crash_looping') return 'failing'
  if (state === 'degraded') return 'warning'
  return state === 'healthy' ? 'plain' : 'silent'
}

/** What readers hear for a state. */
export function stateWords(state: ComponentState): string {
  return { failing: 'failing', crash_looping: 'restarting over and over', degraded: 'degraded', app_silent: 'silent', unknown: 'not known', healthy: 'healthy' }[state]
}

/** `12 s old`, in steps, so that it is not said anew each second. */
export function staleWords(ageMs: number, stepMs: number): string {
  const seconds = Math.floor(ageMs / stepMs) * (stepMs / 1000)
  return seconds < 120 ? `${seconds} s old` : `${Math.floor(seconds / 60)} min old`
}
