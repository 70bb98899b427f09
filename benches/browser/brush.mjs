// From a stretch chosen in the chart to its lines, and from Enter to the chart and the lines of that stretch
// alone: over all lines, and over those with a common word.

import { atRest, figure, inPage, quantile } from './chromium.mjs'

/** Where the stretches begin, and how long they are, in parts of the chart. */
const STRETCHES = [0.1, 0.5, 0.75, 0.3, 0.62]
const LENGTH = 0.15

export async function brush(browser, { page: address }) {
  for (const [q, words] of [['', ''], ['error', ', of lines with the word error']]) {
    const [rows, zoomed, facets] = [[], [], []]
    for (const start of STRETCHES) {
      await inPage(browser, address({ q }), async (page) => {
        await atRest(page)
        rows.push(await draw(page, start))
        const { answer, counted } = await zoom(page)
        zoomed.push(answer)
        facets.push(counted)
      })
    }
    figure(`brush: pointer up to lines${words}`, quantile(rows, 0.5), 'ms', '<= 150')
    figure(`brush: Enter to chart and lines${words}`, quantile(zoomed, 0.5), 'ms', '<= 150')
    figure(`brush: Enter to all facets${words}`, quantile(facets, 0.5), 'ms')
  }
}

async function draw(page, start) {
  const { x, y, width, height } = await page.locator('.chart .pointer').boundingBox()
  const at = (part) => [x + width * part, y + height / 3]
  await page.mouse.move(...at(start))
  await page.mouse.down()
  await page.mouse.move(...at(start + LENGTH), { steps: 5 })
  const first = await page.locator('.list .line').first().getAttribute('data-index')
  const done = page.evaluate(
    (before) =>
      bench.drawn('lines of the stretch', () => {
        const elsewhere = document.querySelector('.list .line')?.dataset.index !== before
        return location.search.includes('brush=') && elsewhere && bench.answered()
      }),
    first,
  )
  await page.mouse.up()
  return (await done) - (await page.evaluate(() => bench.happened.pointerup))
}

async function zoom(page) {
  const done = page.evaluate(() => {
    // The former answer stays until the next one is there: only then is its end a beginning.
    const asked = bench.drawn('a question', () => document.querySelector('.lines.former') !== null)
    const answer = asked.then(() => bench.drawn('an answer', bench.answered))
    const counted = answer.then(() => bench.drawn('facets', bench.facetsCounted))
    return Promise.all([answer, counted])
  })
  await page.locator('.chart .pointer').focus()
  await page.keyboard.press('Enter')
  const [answer, counted] = await done
  const pressed = await page.evaluate(() => bench.happened.keydown)
  return { answer: answer - pressed, counted: counted - pressed }
}
