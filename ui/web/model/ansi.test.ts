// What a terminal's escapes become, and that nothing of them gets through.

import { expect, test } from 'vitest'
import { ansiSegments, withoutEscapes } from './ansi'

const ESC = '\u001b'

const shown = (line: string) =>
  ansiSegments(line)
    .map(({ text, className }) => (className === '' ? text : `<${className}>${text}</>`))
    .join('')

test.each([
  ['plain', 'plain'],
  ['', ''],
  [`${ESC}[31mred${ESC}[0m ink`, '<ansi-red>red</> ink'],
  [`${ESC}[1;33mloud${ESC}[22m less`, '<ansi-yellow ansi-bold>loud</><ansi-yellow> less</>'],
  [`${ESC}[41;97mx`, '<ansi-white ansi-on-red>x</>'],
  [`${ESC}[31munclosed`, '<ansi-red>unclosed</>'],
  [`${ESC}[m${ESC}[;32mgreen`, '<ansi-green>green</>'],
  [`${ESC}[38;5;196mr${ESC}[38;5;21mb${ESC}[38;5;250mw`, '<ansi-red>r</><ansi-blue>b</><ansi-white>w</>'],
  [`${ESC}[38;2;250;200;10my${ESC}[48:2:0:0:0mk`, '<ansi-yellow>y</><ansi-yellow ansi-on-black>k</>'],
  [`${ESC}[38;2;250mshort`, '<ansi-red>short</>'],
  [`${ESC}[99999999mx`, 'x'],
  [`${ESC}[31mr${ESC}[39md`, '<ansi-red>r</>d'],
])('%j is shown as %j', (text, expected) => {
  expect(shown(text)).toBe(expected)
})

const HOSTILE: [string, string][] = [
  ['a link', `${ESC}]8;;https://example.org${ESC}\\text${ESC}]8;;${ESC}\\`],
  ['a title by BEL', `${ESC}]0;title\u0007text`],
  ['C1 forms', '\u009b31m\u009d0;title\u009ctext'],
  ['a cursor movement', `${ESC}[2J${ESC}[1;1Htext`],
  ['a private mode', `${ESC}[?1049h${ESC}[>4;1mtext`],
  ['a device string', `${ESC}Pq#0;2;0;0;0${ESC}\\text`],
  ['two bytes', `${ESC}7${ESC}(0${ESC}ctext`],
  ['an escape that never ends', `text${ESC}]8;;https://example.org`],
  ['a lone escape', `text${ESC}`],
  ['half a colour', `text${ESC}[3`],
]

test.each(HOSTILE)('%s is dropped', (_, text) => {
  expect(ansiSegments(text).map((segment) => segment.text).join('')).toBe('text')
  expect(withoutEscapes(text)).toBe('text')
})

test('whatever is in a line, class names are ours and no escape is left', () => {
  let seed = 7
  const next = (n: number) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n
  const pieces = [ESC, '[', ']', ';', ':', 'm', '3', '8', '5', '2', '\u0007', '\\', 'x', '"', '>', '\u009b', '\u009d', '\u009c', '1']
  for (let round = 0; round < 5_000; round += 1) {
    const text = Array.from({ length: next(30) }, () => pieces[next(pieces.length)]).join('')
    for (const segment of ansiSegments(text)) {
      expect(segment.className, JSON.stringify(text)).toMatch(/^(ansi-[a-z-]+( |$))*$/)
      expect(segment.text, JSON.stringify(text)).not.toMatch(/[\u001b\u0090\u009b\u009d]/)
    }
  }
})
