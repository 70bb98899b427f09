// What frames take while a list of all lines is scrolled: with the wheel, line by line, and with the scroll
// bar, from the newest line to the oldest one.

import { atRest, figure, framesDuring, inPage, quantile } from './chromium.mjs'

const WHEELS = 400
const WHEEL_PX = 240
/** Frames in which the scroll bar goes from one end to the other. */
const SWEEP_FRAMES = 400

export async function scroll(browser, { page: address, lines }) {
  const million = `${(lines / 1e6).toFixed(1)} M lines`
  await inPage(browser, address(), async (page) => {
    await atRest(page)
    const list = page.getByRole('region', { name: 'Log lines' })
    await list.hover()
    const wheeled = await framesDuring(page, async () => {
      for (let n = 0; n < WHEELS; n += 1) await page.mouse.wheel(0, -WHEEL_PX)
    })
    figure(`scroll ${million} with the wheel, p95 frame`, quantile(wheeled, 0.95), 'ms', '<= 20')
    const swept = await framesDuring(page, () => list.evaluate(sweep, SWEEP_FRAMES))
    figure(`scroll ${million} from end to end, p95 frame`, quantile(swept, 0.95), 'ms', '<= 20')
    await atRest(page)
  })
}

/** A step of the scroll bar in each frame. */
function sweep(box, frames) {
  return new Promise((resolve) => {
    const height = box.scrollHeight - box.clientHeight
    let left = frames
    const step = () => {
      left -= 1
      box.scrollTop = (height * left) / frames
      if (left > 0) requestAnimationFrame(step)
      else resolve()
    }
    requestAnimationFrame(step)
  })
}
