// What the palette offers, and what of it fits the typed words. Pure.

import { FOUND_MAX } from '../model/limits'

/** Something that can be done or gone to. Each page hands its own to the frame. */
export interface Command {
  readonly name: string
  /** What it is, behind the name: action, page, component .. */
  readonly what: string
  /** Its key, where it has one. */
  readonly keys?: string
  run(): void
}

/** Those in which every typed word occurs; first those whose name begins with what is typed, then those
 *  in whose name a word begins with it. In each of these their order stays. */
export function found(commands: readonly Command[], typed: string): readonly Command[] {
  const words = typed.toLowerCase().split(/\s+/).filter((word) => word !== '')
  const fits = commands.filter(({ name, what }) => {
    const text = `${name} ${what}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
  const first = words.join(' ')
  const rank = ({ name }: Command) => {
    const lower = name.toLowerCase()
    return lower.startsWith(first) ? 0 : lower.includes(` ${first}`) ? 1 : 2
  }
  return fits.toSorted((a, b) => rank(a) - rank(b)).slice(0, FOUND_MAX)
}
