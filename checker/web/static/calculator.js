// The calculator: on every change the form is sent, and what comes back is put in its place.

import { copyAddress, goWith, keep, keptText } from './address.js'
import { ask, bodyOf, channel } from './channel.js'
import { LossChart } from './chart.js'
import { Faults } from './faults.js'
import { put, putInto, putTexts } from './fragments.js'

const form = document.getElementById('form')
const steps = document.getElementById('steps')
const picture = document.getElementById('picture')
const title = document.getElementById('h-title')
const said = document.getElementById('said')
const state = document.getElementById('state')
const curves = document.getElementById('curves')
const results = document.querySelector('.results')
const chart = new LossChart(document.getElementById('chart'), document.getElementById('readout'))

const calculate = channel('/calculate', asked, worked, failed)
const compare = channel('/curves', () => bodyOf(form), drawn, failed)

const PAUSE = 150 // milliseconds: the steps are looked at first, and nobody follows the chart while typing

const faults = new Faults(form)

let shown = '' // what names the markup of the steps
let pause = 0
let unplaced = {} // numbers that have no control yet

function changed() {
  send()
  requestAnimationFrame(() => setTimeout(remember)) // what was typed is to be seen first
}

function send() {
  results.ariaBusy = 'true'
  calculate()
}

function asked() {
  const have = parts().map((part) => part.dataset.token).join('.')
  return bodyOf(form, { ...unplaced, have, 'shown-steps': shown })
}

function remember() {
  return keep(form, form.elements.text?.value)
}

function worked(answer, sent) {
  if (answer.form) {
    newControls(answer.form, sent)
    remember()
  }
  unplaced = {}
  faults.show(answer.faults)
  putTexts(said.querySelector('ul'), 'li', answer.said)
  said.hidden = !answer.said.length
  const whole = answer.steps !== undefined
  results.classList.toggle('stale', !whole)
  if (whole) {
    state.textContent = ''
    title.textContent = answer.title
    if (answer.shown === shown) putInto(steps, answer.steps)
    else put(steps, answer.steps)
    shown = answer.shown
    put(picture, answer.picture || '<p class="soft">There are too many steps for a picture.</p>')
    for (const button of steps.querySelectorAll('.exact[aria-expanded="true"]')) exact(button)
  } else {
    state.textContent = steps.childElementCount
      ? 'Mend what is marked; until then this is the last result.'
      : 'Nothing to show yet.'
  }
  if (calculate.waiting()) return
  results.ariaBusy = 'false'
  clearTimeout(pause)
  pause = setTimeout(compare, PAUSE)
}

/** The two parts of the form that change with what is set. */
function parts(root = document.getElementById('controls')) {
  return [...root.children]
}

/** Put other controls in place, only the part that differs; what was typed since they were asked for, and where, stays. */
function newControls(html, sent) {
  const made = document.createElement('template')
  made.innerHTML = html
  const fresh = parts(made.content.firstElementChild)
  parts().forEach((part, k) => {
    if (part.dataset.token !== fresh[k].dataset.token) exchange(part, fresh[k], sent)
  })
}

function exchange(old, fresh, sent) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null
  const selection = focused?.type === 'text' ? [focused.selectionStart, focused.selectionEnd] : null
  const typed = new Map()
  for (const element of old.querySelectorAll('[name]')) {
    if (element.value !== (sent.get(element.name) ?? element.dataset.default)) typed.set(element.name, element.value)
  }
  old.replaceWith(fresh)
  for (const element of fresh.querySelectorAll('[name]')) {
    if (typed.has(element.name)) element.value = typed.get(element.name)
  }
  const again = focused && document.getElementById(focused.id)
  again?.focus()
  if (again && selection) again.setSelectionRange(...selection)
}

function drawn(answer) {
  if (Object.keys(answer.faults).length) return
  chart.show(answer.series, answer.loss, answer.log)
  if (answer.why) putTexts(curves, 'p', [answer.why], 'soft')
  else put(curves, answer.table)
  document.getElementById('chart').hidden = !answer.series.length
}

function failed(text) {
  state.textContent = text
  results.classList.add('stale')
  results.ariaBusy = 'false'
}

async function exact(button) {
  const item = button.closest('li')
  const place = item.querySelector('.exact-value')
  button.setAttribute('aria-expanded', 'true')
  place.hidden = false
  const answer = await ask('/exact', bodyOf(form, { step: item.dataset.step }))
  if (answer.error) putTexts(place, 'p', [answer.error], 'fault')
  else put(place, answer.html)
}

steps.addEventListener('click', (event) => {
  const button = event.target.closest('.exact')
  if (!button) return
  if (button.getAttribute('aria-expanded') === 'true') {
    button.setAttribute('aria-expanded', 'false')
    button.closest('li').querySelector('.exact-value').hidden = true
  } else {
    exact(button)
  }
})

document.addEventListener('input', (event) => {
  if (event.target.form === form && event.target.type !== 'file') {
    faults.unsent = {}
    changed()
  }
})
document.addEventListener('change', async (event) => {
  if (event.target.id !== 'c-open' || !event.target.files.length) return
  const text = await faults.textOf(event.target.files[0], 'text')
  if (text === null) return
  form.elements.text.value = text
  changed()
})
form.addEventListener('submit', (event) => {
  if (!event.submitter?.formAction || event.submitter.formMethod !== 'post') {
    event.preventDefault()
    changed()
  }
})

document.getElementById('share').addEventListener('click', async () => {
  await remember()
  copyAddress(document.getElementById('shared'), 'The link is copied.')
})

document.getElementById('practise').addEventListener('click', async (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return
  event.preventDefault()
  const body = bodyOf(form)
  if (body.get('kind') === 'problem' && ![...body.keys()].some((name) => name.startsWith('n.'))) {
    location.assign(`/practice?problem=${encodeURIComponent(body.get('problem'))}`)
    return
  }
  const response = await fetch('/download/problem.yaml', { method: 'POST', body })
  if (response.ok) goWith('/practice', await response.text())
  else location.assign('/practice')
})

document.getElementById('chart-png').addEventListener('click', async () => {
  const blob = await chart.png()
  if (!blob) return
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = 'loss.png'
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
})

if (form.elements.text) form.elements.text.value = (await keptText()) || form.elements.text.value
// the numbers of a file's problem get their controls only with the answer
unplaced = Object.fromEntries([...new URLSearchParams(location.search)].filter(([name]) => name.startsWith('n.') && !form.elements[name]))
send()
