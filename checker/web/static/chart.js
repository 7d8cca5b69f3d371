// The chart of the loss: drawn by uPlot, moved along with the mouse or the arrow keys, its numbers said in words.

import uPlot from './vendor/uplot/uPlot.esm.js'

const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 2], [14, 4], [1, 2], [6, 2, 1, 2, 1, 2], [3, 6], [12, 2], [4, 4], [9, 1]]

/** A chart in `box`, whose position is read out into `readout`. */
export class LossChart {
  constructor(box, readout) {
    this.box = box
    this.readout = readout
    this.plot = null
    this.data = null
    box.addEventListener('keydown', (event) => this.key(event))
    new ResizeObserver(() => this.resize()).observe(box)
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw())
  }

  /** Show these series: `{label, losses}` each, on a logarithmic scale where `log`. */
  show(series, loss, log) {
    this.data = { series: series.filter((each) => each.losses.length), loss, log }
    this.draw()
  }

  draw() {
    if (this.plot) this.plot.destroy()
    this.plot = null
    this.readout.textContent = ''
    if (!this.data || !this.data.series.length) return
    const { series, loss, log } = this.data
    const style = getComputedStyle(document.documentElement)
    const colour = (name) => style.getPropertyValue(name).trim()
    const count = Math.max(...series.map((each) => each.losses.length))
    const values = (losses) => losses.map((value) => (value === null || (log && value <= 0) ? null : value))
    const axis = { stroke: colour('--soft'), grid: { stroke: colour('--line'), width: 1 }, ticks: { stroke: colour('--line') } }
    this.plot = new uPlot(
      {
        width: this.box.clientWidth,
        height: 280,
        scales: { x: { time: false }, y: { distr: log ? 3 : 1 } },
        cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
        legend: { show: false },
        axes: [
          { ...axis, label: 'updates', labelSize: 22, size: 34 },
          { ...axis, label: loss, labelSize: 22, size: 66, values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : short(tick))) },
        ],
        series: [
          {},
          ...series.map((each, k) => ({
            label: each.label,
            stroke: colour(`--series-${k % 12}`),
            width: 2,
            dash: DASHES[k % DASHES.length],
            points: { show: each.losses.length <= 12 },
          })),
        ],
        hooks: { setCursor: [(plot) => this.said(plot)] },
      },
      [[...Array(count).keys()], ...series.map((each) => values(each.losses))],
      this.box,
    )
  }

  resize() {
    if (this.plot && this.box.clientWidth && this.box.clientWidth !== this.plot.width) {
      this.plot.setSize({ width: this.box.clientWidth, height: 280 })
    }
  }

  said(plot) {
    const at = plot.cursor.idx
    if (at === null || at === undefined) return
    const { series } = this.data
    const parts = series.map((each) => `${series.length > 1 ? `${each.label}: ` : `${this.data.loss} = `}${each.losses[at] === null || each.losses[at] === undefined ? 'not a number' : precise(each.losses[at])}`)
    this.readout.textContent = `After ${at} update${at === 1 ? '' : 's'}: ${parts.join('; ')}`
  }

  key(event) {
    if (!this.plot) return
    const last = this.plot.data[0].length - 1
    const now = this.plot.cursor.idx ?? -1
    const to = { ArrowLeft: now - 1, ArrowRight: now + 1, PageUp: now - 10, PageDown: now + 10, Home: 0, End: last }[event.key]
    if (to === undefined) return
    event.preventDefault()
    const at = Math.max(0, Math.min(last, to))
    this.plot.setCursor({ left: this.plot.valToPos(at, 'x'), top: 10 })
  }

  /** The chart as a PNG on the page's own background. */
  png() {
    if (!this.plot) return Promise.resolve(null)
    const drawn = this.plot.ctx.canvas
    const canvas = document.createElement('canvas')
    canvas.width = drawn.width
    canvas.height = drawn.height
    const context = canvas.getContext('2d')
    context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('--paper').trim()
    context.fillRect(0, 0, canvas.width, canvas.height)
    context.drawImage(drawn, 0, 0)
    return new Promise((done) => canvas.toBlob(done, 'image/png'))
  }
}

function short(value) {
  return value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5) ? value.toExponential(0) : String(Number(value.toPrecision(4)))
}

function precise(value) {
  return String(Number(value.toPrecision(6)))
}
