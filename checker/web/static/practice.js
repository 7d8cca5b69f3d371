// Practice: every answer is sent as it is typed, and what is said of it is put beside it.

import { copyAddress, goWith, keep, keptText } from './address.js'
import { ask, bodyOf, channel } from './channel.js'
import { Faults } from './faults.js'
import { differs, put, putTexts } from './fragments.js'
import { cellTexts, listText } from './lists.js'

const PAUSE = 500 // milliseconds without a key after which a verdict on what is being typed is said in full
const CHOICE = new Set(['kind', 'problem', 'template', 'seed', 'text'])

const form = document.getElementById('form')
const exercise = document.getElementById('exercise')
const seeded = document.getElementById('p-seeded')
const fields = document.getElementById('fields')
const standing = document.getElementById('standing')
const picture = document.getElementById('picture')
const said = document.getElementById('said')
const state = document.getElementById('state')

const load = channel('/practice/sheet', () => bodyOf(form), laid, failed)
const judge = channel('/practice/judge', asked, judged, failed)
const faults = new Faults(form)

let key = '' // of the problem on the page: under it the answers are kept
let problem = ''
let shown = new Set() // the steps whose value was shown
let pause = 0
let pressed = false // whether a finger or a mouse button is down
let held = [] // what is said once there is a pause
let pending = null // answers of an opened file, for a problem that is still to come

// ---------------------------------------------------------------- the problem

function choose() {
  for (const part of form.querySelectorAll('fieldset[data-kind]')) {
    const here = part.dataset.kind === form.elements.kind.value
    part.hidden = !here
    part.disabled = !here
  }
  seeded.disabled = form.elements.kind.value === 'problem'
  state.textContent = 'Working…'
  load()
  remember()
}

function remember() {
  return keep(form, form.elements.kind.value === 'file' ? form.elements.text.value : '')
}

function laid(answer) {
  faults.show(answer.faults)
  say(answer.said)
  state.textContent = ''
  seeded.hidden = !answer.seeded
  if (!answer.key) {
    exercise.hidden = true
    return
  }
  exercise.hidden = false
  if (answer.key !== key) {
    key = answer.key
    problem = answer.problem
    document.getElementById('h-title').textContent = answer.title
    put(document.getElementById('statement'), answer.statement)
    fields.innerHTML = answer.fields // anew: of the rows before, nothing may stay
    restore()
  }
  if (pending && !load.waiting()) {
    fill(pending)
    pending = null
  }
  answered()
}

function say(lines) {
  putTexts(said.querySelector('ul'), 'li', lines)
  said.hidden = !lines.length
}

function failed(text) {
  state.textContent = text
  if (!exercise.hidden) putTexts(standing, 'p', [text], 'fault') // what stands there is no longer so
}

// ---------------------------------------------------------------- answers

/** Everything typed, by the fields' names; an array's elements as a list. */
function typed() {
  const found = {}
  for (const element of form.querySelectorAll('#exercise [name]')) {
    if (element.disabled) continue
    if (element.name.startsWith('c.')) (found[element.name] ??= []).push(element.value)
    else if (element.value) found[element.name] = element.value
  }
  return found
}

/** Put answers into the fields, and nothing into the others. */
function fill(answers) {
  for (const row of fields.querySelectorAll('.ask')) {
    const n = row.dataset.n
    const list = answers[`c.${n}`]
    const text = answers[`v.${n}`] ?? ''
    const cells = cellsOf(row)
    if (cells.length) {
      asList(row, !list && text !== '')
      cells.forEach((cell, k) => { cell.value = list?.[k] ?? '' })
    }
    form.elements[`v.${n}`].value = text
    const formula = form.elements[`f.${n}`]
    if (formula) formula.value = answers[`f.${n}`] ?? ''
  }
  form.elements.more.value = answers.more ?? ''
  document.getElementById('further').open = Boolean(answers.more)
  if (answers.student !== undefined) form.elements.student.value = answers.student
}

function cellsOf(row) {
  return [...row.querySelectorAll('.cell input')]
}

/** Show an array as one field for a list or a formula, or as a field for each element. */
function asList(row, list) {
  row.querySelector('.cells').hidden = list
  for (const cell of cellsOf(row)) cell.disabled = list
  const field = form.elements[`v.${row.dataset.n}`]
  field.hidden = !list
  field.disabled = !list
  row.querySelector('.as-list').setAttribute('aria-pressed', String(list))
}

function turn(row) {
  const field = form.elements[`v.${row.dataset.n}`]
  const cells = cellsOf(row)
  const columns = row.querySelector('.cells-row').children.length
  const rows = row.querySelectorAll('.cells-row').length
  if (field.disabled) {
    field.value = listText(cells.map((cell) => cell.value), row.querySelector('.cells').dataset.matrix === undefined ? 0 : columns)
    asList(row, true)
    field.focus()
  } else {
    const texts = cellTexts(field.value, rows, columns)
    if (texts) cells.forEach((cell, k) => { cell.value = texts[k] })
    else for (const cell of cells) cell.value = ''
    asList(row, false)
    cells[0].focus()
  }
  answered()
}

function answered() {
  judge()
  try {
    sessionStorage.setItem(`practice ${key}`, JSON.stringify({ answers: typed(), shown: [...shown] }))
  } catch {
    // the browser keeps nothing: the answers are lost with the page, and all else works
  }
}

function asked() {
  const body = bodyOf(form)
  for (const n of shown) body.append('shown', n)
  return body
}

function restore() {
  let kept = null
  try {
    kept = JSON.parse(sessionStorage.getItem(`practice ${key}`))
  } catch {
    kept = null
  }
  shown = new Set(kept?.shown ?? [])
  fill({ student: form.elements.student.value, ...kept?.answers })
  for (const n of shown) mark(n)
}

// ---------------------------------------------------------------- what is said

function judged(answer) {
  say(answer.said)
  state.textContent = ''
  if (!answer.steps) return
  const rows = fields.querySelectorAll('.ask')
  if (rows.length !== answer.steps.length) return // of a problem that has gone
  const typing = document.activeElement?.closest?.('.ask')
  held = []
  rows.forEach((row, n) => {
    const { verdict, badge, remark, cells } = answer.steps[n]
    row.dataset.verdict = verdict
    put(row.querySelector('.ask-badge'), badge)
    const marks = row.querySelectorAll('.cell')
    cells.forEach(([each, symbol, word], k) => {
      if (!marks[k]) return
      marks[k].className = `cell ${each}`
      const sign = marks[k].querySelector('.cell-mark')
      sign.textContent = symbol
      sign.title = word
      sign.setAttribute('aria-label', word)
    })
    for (const field of row.querySelectorAll('input')) {
      if (verdict === 'unreadable') field.setAttribute('aria-invalid', 'true')
      else field.removeAttribute('aria-invalid')
    }
    const place = row.querySelector('.ask-remark')
    if (row === typing && pause && differs(place, remark)) held.push([place, remark])
    else put(place, remark)
  })
  if (pause) held.push([standing, answer.standing])
  else put(standing, answer.standing)
  faults.unsent = answer.more ? { more: answer.more } : {}
  faults.show()
  draw(answer.picture || '<p class="soft">There are too many steps for a picture.</p>')
}

// ---------------------------------------------------------------- the graph

const SMALLEST = 0.8 // of its size; what does not fit then is scrolled

/** The picture is as large as can be read, and shows the step that is being answered. */
function draw(html) {
  if (!differs(picture, html)) return
  put(picture, html)
  const svg = picture.querySelector('svg')
  if (!svg) return
  svg.style.minWidth = `${SMALLEST * svg.viewBox.baseVal.width}px`
  point(document.activeElement?.closest?.('.ask'))
}

function nameOf(title) {
  return title.textContent.replace(/: [a-z-]+(, the first mistake)?$/, '')
}

function point(row) {
  for (const each of picture.querySelectorAll('[data-current]')) each.removeAttribute('data-current')
  if (!row) return
  const box = [...picture.querySelectorAll('.step')].find((each) => nameOf(each.querySelector('title')) === row.dataset.label)
  if (!box) return
  box.setAttribute('data-current', '')
  const here = box.getBoundingClientRect()
  const frame = picture.getBoundingClientRect()
  if (here.left < frame.left || here.right > frame.right) {
    picture.scrollLeft += here.left - frame.left - (frame.width - here.width) / 2
  }
}

picture.addEventListener('click', (event) => {
  const title = event.target.closest('.step')?.querySelector('title')
  if (title) fields.querySelector(`[data-label="${CSS.escape(nameOf(title))}"] input:enabled`)?.focus()
})

fields.addEventListener('focusin', (event) => point(event.target.closest('.ask')))
fields.addEventListener('focusout', () => point(null))

// ---------------------------------------------------------------- pauses

function paused() {
  if (pressed) {
    pause = setTimeout(paused, PAUSE)
    return
  }
  pause = 0
  for (const row of fields.querySelectorAll('.typing')) row.classList.remove('typing')
  for (const [place, html] of held) put(place, html)
  held = []
}

// ---------------------------------------------------------------- values

function mark(n) {
  const row = document.getElementById(`step-${n}`)
  if (!row || row.querySelector('.was-shown')) return
  const note = Object.assign(document.createElement('span'), { className: 'was-shown soft small', textContent: 'its value was shown' })
  row.querySelector('.ask-answer').append(note)
}

async function reveal(button) {
  const row = button.closest('.ask')
  const place = row.querySelector('.ask-value')
  const open = button.getAttribute('aria-expanded') === 'true'
  button.setAttribute('aria-expanded', String(!open))
  button.firstChild.textContent = open ? 'Show the value' : 'Hide the value'
  place.hidden = open
  if (open) return
  const answer = await ask('/practice/value', bodyOf(form, { step: row.dataset.n }))
  if (answer.error) {
    putTexts(place, 'p', [answer.error], 'fault')
    return
  }
  put(place, answer.html)
  shown.add(row.dataset.n)
  mark(row.dataset.n)
  answered()
}

// ---------------------------------------------------------------- files

async function openAnswers(file) {
  const text = await faults.textOf(file, 'open')
  if (text === null) return
  const answer = await ask('/practice/open', bodyOf(form, { submission: text }))
  if (answer.error || answer.said.length) {
    faults.unsent = { open: `${file.name}: ${answer.error || answer.said.join(' ')}` }
    faults.show()
    return
  }
  const answers = { student: answer.student, ...answer.fields }
  if (answer.go) {
    pending = answers
    for (const [name, value] of Object.entries(answer.go)) form.elements[name].value = value
    choose()
  } else {
    fill(answers)
    answered()
  }
}

// ---------------------------------------------------------------- what people do

document.addEventListener('input', (event) => {
  const { target } = event
  if (target.form !== form || target.type === 'file') return
  faults.unsent = {}
  if (CHOICE.has(target.name)) {
    choose()
    return
  }
  if (target.name === 'feedback') {
    remember()
    answered()
    return
  }
  const row = target.closest('.ask')
  if (row && target.name.startsWith('c.') && target.value.trimStart().startsWith('[')) {
    const texts = cellTexts(target.value, row.querySelectorAll('.cells-row').length, row.querySelector('.cells-row').children.length)
    if (texts) cellsOf(row).forEach((cell, k) => { cell.value = texts[k] })
  }
  clearTimeout(pause)
  pause = setTimeout(paused, PAUSE)
  row?.classList.add('typing')
  answered()
})

// nothing may move away under a finger that is about to press it
document.addEventListener('pointerdown', () => { pressed = true })
for (const end of ['pointerup', 'pointercancel']) {
  document.addEventListener(end, () => { pressed = false })
}

document.addEventListener('change', async (event) => {
  const { target } = event
  if (target.type !== 'file' || !target.files.length) return
  const [file] = target.files
  if (target.id === 'p-open') {
    const text = await faults.textOf(file, 'text')
    if (text !== null) {
      form.elements.text.value = text
      choose()
    }
  } else {
    await openAnswers(file)
  }
  target.value = '' // the same file can be opened again
})

form.addEventListener('submit', (event) => {
  if (event.submitter?.formMethod !== 'post') event.preventDefault()
})

form.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.target.tagName !== 'INPUT' || !event.target.closest('.ask')) return
  event.preventDefault() // on to the next field
  const all = [...fields.querySelectorAll('input:enabled')]
  all[all.indexOf(event.target) + (event.shiftKey ? -1 : 1)]?.focus()
})

fields.addEventListener('click', (event) => {
  const button = event.target.closest('button')
  if (!button) return
  if (button.classList.contains('reveal')) reveal(button)
  else turn(button.closest('.ask'))
})

standing.addEventListener('click', (event) => {
  const link = event.target.closest('a')
  if (!link) return
  event.preventDefault()
  document.querySelector(`${link.hash} input:enabled`)?.focus()
})

document.getElementById('fresh').addEventListener('click', () => {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789'
  form.elements.seed.value = [...crypto.getRandomValues(new Uint8Array(6))].map((each) => letters[each % letters.length]).join('')
  choose()
})

document.getElementById('clear').addEventListener('click', () => {
  shown = new Set()
  for (const note of fields.querySelectorAll('.was-shown')) note.remove()
  for (const button of fields.querySelectorAll('.reveal[aria-expanded="true"]')) button.click()
  fill({})
  answered()
  fields.querySelector('input:enabled')?.focus()
})

document.getElementById('share').addEventListener('click', async () => {
  await remember()
  copyAddress(document.getElementById('shared'), 'The link to this problem is copied; your answers are not in it.')
})

document.getElementById('worked').addEventListener('click', async () => {
  if (form.elements.kind.value === 'problem') {
    location.assign(`/?kind=problem&problem=${encodeURIComponent(form.elements.problem.value)}`)
    return
  }
  const response = await fetch('/practice/problem.yaml', { method: 'POST', body: bodyOf(form) })
  if (response.ok) goWith('/', await response.text())
})

form.elements.text.value = (await keptText()) || form.elements.text.value
choose()
