// How soon there is something to see, and what has to come over the wire for it.

import { figure, inPage, quantile } from './chromium.mjs'

const TIMES = 5

export async function paint(browser, { page: address }) {
  const painted = []
  let bundle
  for (let time = 0; time < TIMES; time += 1) {
    await inPage(browser, address(), async (page) => {
      painted.push(await page.evaluate(firstPaint))
      bundle = await page.evaluate(scriptBytes)
    })
  }
  figure('main bundle, gzip', bundle / 1e3, 'kB', '<= 250')
  figure('first contentful paint, cold cache', quantile(painted, 0.5), 'ms', '<= 300')
}

/** The moment of the first paint that has content, from the beginning of the navigation. */
function firstPaint() {
  return new Promise((resolve) => {
    const seen = (list) => {
      const entry = list.getEntriesByName('first-contentful-paint')[0]
      if (entry !== undefined) resolve(entry.startTime)
    }
    new PerformanceObserver(seen).observe({ type: 'paint', buffered: true })
  })
}

/** Of all scripts, as they came over the wire. */
function scriptBytes() {
  const scripts = performance.getEntriesByType('resource').filter(({ initiatorType }) => initiatorType === 'script')
  return scripts.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)
}
