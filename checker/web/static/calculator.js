// The calculator: on every change the form is sent, and what comes back is put in its place.

import { packed, queryOf, remember, unpacked } from './address.js'
import { bodyOf, channel } from './channel.js'
import { LossChart } from './chart.js'

const form = document.getElementById('form')
const steps = document.getElementById('steps')
const picture = document.getElementById('picture')
const title = document.getElementById('h-title')
const said = document.getElementById('said')
const state = document.getElementById('state')
const curves = document.getElementById('curves')
const results = document.querySelector('.results')
const chart = new LossChart(document.getElementById('chart'), document.getElementById('readout'))

const calculate = channel('/calculate', worked, failed)
const compare = channel('/curves', drawn, failed)

let shownPicture = ''
let ours = {} // what is wrong with what was never sent, by control

function ask() {
  send()
  keep()
}

/** Ask for everything anew; `more` are fields that have no control yet. */
function send(more = {}) {
  results.ariaBusy = 'true'
  calculate(bodyOf(form, { ...more, have: parts().map((part) => part.dataset.token).join('.') }))
  compare(bodyOf(form, more))
}

async function keep() {
  const text = form.elements.text
  remember(queryOf(form), text && text.value ? `text=${await packed(text.value)}` : '')
}

function worked(answer, at, sent) {
  if (!calculate.waiting()) results.ariaBusy = 'false'
  if (answer.form) {
    newControls(answer.form, sent)
    keep()
  }
  faults(answer.faults)
  const list = said.querySelector('ul')
  list.replaceChildren(...answer.said.map((each) => Object.assign(document.createElement('li'), { textContent: each })))
  said.hidden = !answer.said.length
  const whole = answer.steps !== undefined
  results.classList.toggle('stale', !whole)
  if (!whole) {
    state.textContent = steps.childElementCount
      ? 'Mend what is marked; until then this is the last result.'
      : 'Nothing to show yet.'
    return
  }
  state.textContent = ''
  const open = [...steps.querySelectorAll('.exact[aria-expanded="true"]')].map((button) => button.closest('li').dataset.step)
  title.textContent = answer.title
  steps.innerHTML = answer.steps
  if (answer.picture !== shownPicture) {
    shownPicture = answer.picture
    picture.innerHTML = answer.picture || '<p class="soft">There are too many steps for a picture.</p>'
  }
  for (const step of open) {
    const button = steps.querySelector(`li[data-step="${CSS.escape(step)}"] .exact`)
    if (button) exact(button)
  }
  performance.measure('keystroke to feedback', { start: at })
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

function faults(answered) {
  const found = { ...answered, ...ours }
  for (const place of document.querySelectorAll('[data-fault]')) {
    const name = place.dataset.fault
    const text = found[name] ?? ''
    place.textContent = text
    place.hidden = !text
    for (const element of form.elements) {
      if (element.name !== name) continue
      if (text) element.setAttribute('aria-invalid', 'true')
      else element.removeAttribute('aria-invalid')
    }
  }
}

function drawn(answer) {
  if (answer.faults && Object.keys(answer.faults).length) return
  chart.show(answer.series, answer.loss ?? '', answer.log)
  const open = curves.querySelector('details')?.open
  curves.innerHTML = answer.table
  const values = curves.querySelector('details')
  if (values && open) values.open = true
  if (answer.why) curves.replaceChildren(Object.assign(document.createElement('p'), { className: 'soft', textContent: answer.why }))
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
  const response = await fetch('/exact', {
    method: 'POST',
    body: bodyOf(form, { step: item.dataset.step }),
    headers: { Accept: 'application/json' },
  })
  const answer = await response.json()
  if (response.ok) place.innerHTML = answer.html
  else place.textContent = answer.error
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
    ours = {}
    ask()
  }
})
document.addEventListener('change', async (event) => {
  if (event.target.id !== 'c-open' || !event.target.files.length) return
  const [file] = event.target.files
  if (file.size > 1024 * 1024) {
    ours = { text: `${file.name} has more than 1 MiB` }
    faults({})
    return
  }
  ours = {}
  form.elements.text.value = await file.text()
  ask()
})
form.addEventListener('submit', (event) => {
  if (!event.submitter?.formAction || event.submitter.formMethod !== 'post') {
    event.preventDefault()
    ask()
  }
})

document.getElementById('share').addEventListener('click', async () => {
  await keep()
  const place = document.getElementById('shared')
  try {
    await navigator.clipboard.writeText(location.href)
    place.textContent = 'The link is copied.'
  } catch {
    place.textContent = `Copy the address of this page: ${location.href}`
  }
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
  const text = response.ok ? await response.text() : ''
  location.assign(text ? `/practice?kind=file#text=${await packed(text)}` : '/practice')
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

const kept = new URLSearchParams(location.hash.slice(1)).get('text')
if (kept && form.elements.text) form.elements.text.value = await unpacked(kept)
// the numbers of a file's problem get their controls only with the answer
send(Object.fromEntries([...new URLSearchParams(location.search)].filter(([name]) => name.startsWith('n.') && !form.elements[name])))
