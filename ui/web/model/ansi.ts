// Terminal escapes in a line. Colours and weights (SGR) become class names of ours; every other escape
// is dropped: titles, links, cursor movements, whatever a line may try. Only class names of this file's
// tables ever come out. Escapes that do not end are dropped to the end of their line's text.

export interface Segment {
  readonly text: string
  /** Space-separated; empty for plain text. */
  readonly className: string
}

// CSI: final byte in @..~. OSC, DCS, SOS, PM, APC: to BEL or ST, else to the end. Two-byte escapes, a
// lone ESC, and their C1 forms.
const ESCAPE =
  /(?:\u001b\[|\u009b)([0-?]*)([ -/]*)([@-~]?)|(?:\u001b[\]PX^_]|[\u0090\u0098\u009d\u009e\u009f])(?:(?!\u001b\\)[^\u0007\u009c])*(?:\u0007|\u009c|\u001b\\|$)|\u001b[ -/]*[0-~]?/g

const NAMES = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const

interface Style {
  readonly ink: string
  readonly ground: string
  readonly marks: ReadonlySet<string>
}

const PLAIN: Style = { ink: '', ground: '', marks: new Set() }

const ON: Readonly<Record<number, string>> = { 1: 'bold', 2: 'dim', 3: 'slanted', 4: 'underlined', 7: 'inverse', 9: 'struck' }
const OFF: Readonly<Record<number, readonly string[]>> = {
  22: ['bold', 'dim'],
  23: ['slanted'],
  24: ['underlined'],
  27: ['inverse'],
  29: ['struck'],
}

/** The text without escapes, cut where its look changes. */
export function ansiSegments(text: string): readonly Segment[] {
  if (!hasEscape(text)) return text === '' ? [] : [{ text, className: '' }]
  const segments: Segment[] = []
  let style = PLAIN
  let from = 0
  for (const match of text.matchAll(ESCAPE)) {
    push(segments, text.slice(from, match.index), style)
    from = match.index + match[0].length
    if (match[3] === 'm' && match[2] === '') style = styleAfter(style, match[1] ?? '')
  }
  push(segments, text.slice(from), style)
  return segments
}

export function withoutEscapes(text: string): string {
  return hasEscape(text) ? text.replace(ESCAPE, '') : text
}

function hasEscape(text: string): boolean {
  return /[\u001b\u0090\u0098\u009b\u009d-\u009f]/.test(text)
}

function push(segments: Segment[], text: string, style: Style): void {
  if (text === '') return
  const className = [style.ink, style.ground, ...style.marks].filter(Boolean).map((name) => `ansi-${name}`).join(' ')
  const last = segments.at(-1)
  if (last?.className === className) segments[segments.length - 1] = { text: last.text + text, className }
  else segments.push({ text, className })
}

function styleAfter(style: Style, parameters: string): Style {
  const codes = parameters.split(/[;:]/).map((code) => (code === '' ? 0 : Number(code)))
  let now = style
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at] ?? 0
    if (code === 38 || code === 48) {
      const { colour, length } = extended(codes.slice(at + 1))
      now = code === 38 ? { ...now, ink: colour } : { ...now, ground: colour === '' ? '' : `on-${colour}` }
      at += length
    } else now = simple(now, code)
  }
  return now
}

function simple(style: Style, code: number): Style {
  if (code === 0) return PLAIN
  if (ON[code] !== undefined) return { ...style, marks: new Set([...style.marks, ON[code]]) }
  const ended = OFF[code]
  if (ended !== undefined) return { ...style, marks: new Set([...style.marks].filter((mark) => !ended.includes(mark))) }
  if (code === 39) return { ...style, ink: '' }
  if (code === 49) return { ...style, ground: '' }
  const name = NAMES[code % 10]
  if (name === undefined) return style
  const tens = Math.floor(code / 10)
  if (tens === 3 || tens === 9) return { ...style, ink: name }
  if (tens === 4 || tens === 10) return { ...style, ground: `on-${name}` }
  return style
}

/** `5;n` of 256 colours or `2;r;g;b`: the nearest of the eight that have a name. */
function extended(codes: readonly number[]): { readonly colour: string; readonly length: number } {
  if (codes[0] === 5) return { colour: of256(codes[1] ?? 0), length: 2 }
  if (codes[0] === 2) return { colour: nearest(codes[1] ?? 0, codes[2] ?? 0, codes[3] ?? 0), length: 4 }
  return { colour: '', length: codes.length }
}

function of256(n: number): string {
  if (n < 16) return NAMES[n % 8] ?? ''
  if (n >= 232) return n < 244 ? 'black' : 'white'
  const cube = n - 16
  return nearest(Math.floor(cube / 36) * 51, (Math.floor(cube / 6) % 6) * 51, (cube % 6) * 51)
}

function nearest(red: number, green: number, blue: number): string {
  const bit = (value: number, mask: number) => (value > 127 ? mask : 0)
  return NAMES[bit(red, 1) | bit(green, 2) | bit(blue, 4)] ?? ''
}
