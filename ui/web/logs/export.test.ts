// An export is whole or says why not, whatever breaks in between.

import { expect, test } from 'vitest'
import { Fault } from '../api/client'
import { EXPORT_ATTEMPTS_MAX } from '../model/limits'
import { exportTo, type Format, type Sink, type Source } from './export'

const line = (n: number) => `{"time":"T${n}","message":"=${n}","attributes":{"n":${n}},"position":${n},"cursor":"c${n}"}`

function sink(): Sink & { text: string; ended: string } {
  const held = {
    text: '',
    ended: '',
    write: async (text: string) => void (held.text += text),
    close: async () => void (held.ended = 'closed'),
    abort: async () => void (held.ended = 'aborted'),
  }
  return held
}

/** Each opening of the stream answers with the next of these pieces; `!` is where the connection breaks. */
function source(...streams: string[][]): Source & { opened: (string | undefined)[]; rests: number } {
  const made = {
    opened: [] as (string | undefined)[],
    rests: 0,
    rest: async () => void (made.rests += 1),
    open: async (cursor: string | undefined) => {
      made.opened.push(cursor)
      const pieces = streams.shift()
      if (pieces === undefined) throw new TypeError('network error')
      return new Response(
        new ReadableStream({
          pull(controller) {
            const piece = pieces.shift()
            if (piece === undefined) controller.close()
            else if (piece === '!') controller.error(new TypeError('network error'))
            else controller.enqueue(new TextEncoder().encode(piece))
          },
        }),
      )
    },
  }
  return made
}

async function run(format: Format, from: Source) {
  const to = sink()
  const counts: number[] = []
  const error: unknown = await exportTo(to, format, from, (written) => counts.push(written)).catch((error: unknown) => error)
  return { text: to.text, ended: to.ended, counts, error }
}

test('lines come through as they are, however the stream is cut', async () => {
  const text = `${line(1)}\n${line(2)}\n`
  const { text: written, ended, counts } = await run('ndjson', source([...text].reduce<string[]>((cut, char, i) => (i % 7 === 0 ? [...cut, char] : [...cut.slice(0, -1), cut.at(-1) + char]), [])))
  expect([written, ended, counts]).toEqual([text, 'closed', [1, 2]])
})

test('a spreadsheet gets the columns of the command line, computed by nobody', async () => {
  const { text } = await run('csv', source([`${line(1)}\n`]))
  expect(text).toBe(
    `time,component,node,instance,stream,severity,message,trace_id,span_id,attributes,source,position\nT1,,,,,,"'=1",,,"{""n"":1}",,1\n`,
  )
})

test.each([
  ['an error', [`${line(1)}\n${line(2)}\n{"ti`, '!'], [`${line(3)}\n`]],
  ['an end within a line', [`${line(1)}\n${line(2)}\n{"ti`], [`${line(3)}\n`]],
])('%s in the stream is taken up behind the last whole line', async (_, first, second) => {
  const from = source(first, second)
  const { text, ended } = await run('ndjson', from)
  expect(text).toBe(`${line(1)}\n${line(2)}\n${line(3)}\n`)
  expect([ended, from.opened, from.rests]).toEqual(['closed', [undefined, 'c2'], 1])
})

test('after so many attempts without a line it is given up', async () => {
  const from = source([`${line(1)}\n`, '!'])
  const { ended, error } = await run('ndjson', from)
  expect([ended, error instanceof TypeError, from.opened.length]).toEqual(['aborted', true, EXPORT_ATTEMPTS_MAX])
})

test('a refusal is not asked for again', async () => {
  const from = source()
  from.open = async (cursor) => {
    from.opened.push(cursor)
    throw new Fault('bad_query', 'no', undefined, 1)
  }
  const { ended, error } = await run('ndjson', from)
  expect([ended, (error as Fault).code, from.opened.length]).toEqual(['aborted', 'bad_query', 1])
})

test('a sink that is full ends it at once', async () => {
  const full = { ...sink(), write: () => Promise.reject(new RangeError('full')) }
  await expect(exportTo(full, 'ndjson', source([`${line(1)}\n`]), () => {})).rejects.toThrow('full')
})
