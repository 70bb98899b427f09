// A real Chromium and what all measurements in it need: fresh pages, events and frames as moments.
//
// Invariants:
// - whatever is awaited is an event of the page, and has a limit;
// - a moment is one of the page's own clock: nothing of the way to the browser and back is in a figure.

import { createRequire } from 'node:module'

// The browser tests have the dependency; there is one home for it.
const { chromium } = createRequire(new URL('../../tests/browser/package.json', import.meta.url))('playwright-core')

export const WAIT_MS = 30_000
const FLAGS =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'

export async function launch() {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
  return chromium.launch({ executablePath, headless: true, args: FLAGS.split(' '), timeout: WAIT_MS })
}

/** Opens an address with nothing in the cache, hands the page on, and closes it. */
export async function inPage(browser, url, body) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  try {
    const page = await context.newPage()
    page.setDefaultTimeout(WAIT_MS)
    await page.addInitScript(instruments, WAIT_MS)
    await page.goto(url)
    return await body(page)
  } finally {
    await context.close()
  }
}

/** In the page, before its own scripts: `bench`, with which it is measured. */
function instruments(limitMs) {
  const happened = {}
  for (const name of ['pointerup', 'keydown']) {
    addEventListener(name, ({ timeStamp }) => (happened[name] = timeStamp), { capture: true })
  }
  /** Resolves with the moment at which a frame in which `fits` has been drawn. */
  const drawn = (what, fits) =>
    new Promise((resolve, reject) => {
      const limit = setTimeout(() => end(() => reject(new Error(`${what}: not within ${limitMs} ms`))), limitMs)
      const look = () => {
        if (!fits()) return
        end(() => {
          const { port1, port2 } = new MessageChannel()
          port1.onmessage = () => resolve(performance.now())
          // The next task behind the frame: what was to be drawn is drawn.
          requestAnimationFrame(() => port2.postMessage(0))
        })
      }
      const observer = new MutationObserver(look)
      const end = (then) => {
        observer.disconnect()
        clearTimeout(limit)
        then()
      }
      observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true })
      look()
    })
  const all = (selector) => [...document.querySelectorAll(selector)]
  const inSight = (element) => {
    const { top, bottom } = element.getBoundingClientRect()
    const box = element.closest('.list').getBoundingClientRect()
    return bottom > box.top && top < box.bottom
  }
  /** Chart and list are those of the question, and no line in sight is on its way. */
  const answered = () =>
    all('.chart.former, .lines.former').length === 0 && all('.list .line').length > 0 && !all('.list .line.waiting').some(inSight)
  const facetsCounted = () => all('.facets .group').length > 2 && all('.facets .group.former, .facets .bones').length === 0
  let frames = []
  let recording = false
  const record = () => {
    frames = []
    recording = true
    const step = (at) => {
      frames.push(at)
      if (recording) requestAnimationFrame(step)
    }
    requestAnimationFrame(step)
  }
  /** How long each frame since `record` took, milliseconds. */
  const recorded = () => {
    recording = false
    return frames.slice(1).map((at, index) => at - frames[index])
  }
  globalThis.bench = { happened, drawn, answered, facetsCounted, record, recorded }
}

/** Waits until the page shows its answer and asks for nothing more. */
export async function atRest(page) {
  await page.evaluate(() => bench.drawn('an answer', bench.answered))
  await page.waitForLoadState('networkidle')
}

/** What the frames took while something was done, milliseconds. */
export async function framesDuring(page, work) {
  await page.evaluate(() => bench.record())
  await work()
  return page.evaluate(() => bench.recorded())
}

/** The value below which the share `q` lies (nearest rank). */
export function quantile(values, q) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)]
}

/** Hands a figure to who started this. */
export function figure(what, value, unit, goal = '-') {
  console.log(JSON.stringify({ what, value, unit, goal }))
}
