// The dashboard's figures, measured in a real Chromium against a loaded product: one JSON object a line,
// `{what, value, unit, goal}`. Started by `nilometer-benches ui`.
//
//   figures.mjs URL FROM TO LINES     the product, and the range in which its LINES lie
//
//   CHROMIUM  the browser (/usr/bin/chromium)

import { brush } from './brush.mjs'
import { launch } from './chromium.mjs'
import { paint } from './paint.mjs'
import { scroll } from './scroll.mjs'
import { tail } from './tail.mjs'

const [url, from, to, lines] = process.argv.slice(2)
const page = (parameters) => `${url}/logs?${new URLSearchParams({ from, to, ...parameters })}`
const product = { url, page, lines: Number(lines) }
const browser = await launch()
try {
  for (const measure of [paint, brush, scroll, tail]) await measure(browser, product)
} finally {
  await browser.close()
}
