// Pieces of markup from our server, put into the page. Only what differs changes: setting mathematics is what takes time.

const OWN = new Set(['style', 'open', 'aria-expanded', 'data-current']) // attributes that belong to the page
const last = new WeakMap()
const nodes = new WeakMap()

/** Make `html` what stands in a place. What is marked `data-own` there is the page's, and stays. */
export function put(place, html) {
  if (!differs(place, html)) return
  last.set(place, html)
  nodes.delete(place)
  const made = document.createElement('template')
  made.innerHTML = html
  exchange(place, made.content)
}

/** Put these texts in place of those that stand in a place, one after the other; blank ones are left out. */
export function putInto(place, list) {
  if (!nodes.has(place)) nodes.set(place, textsOf(place))
  last.delete(place)
  nodes.get(place).forEach((node, k) => { if (node.data !== list[k]) node.data = list[k] })
}

function textsOf(place) {
  const walker = document.createTreeWalker(place, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, (node) =>
    node.dataset?.own === undefined ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_REJECT)
  const found = []
  while (walker.nextNode()) {
    if (walker.currentNode.nodeType === Node.TEXT_NODE && walker.currentNode.data.trim()) found.push(walker.currentNode)
  }
  return found
}

/** Whether `html` is not what was put into a place last. */
export function differs(place, html) {
  return last.get(place) !== html
}

/** Make these texts what stands in a place, each in an element of its own. */
export function putTexts(place, name, texts, className = '') {
  const made = document.createElement('div')
  made.append(...texts.map((textContent) => Object.assign(document.createElement(name), { className, textContent })))
  last.delete(place)
  nodes.delete(place)
  exchange(place, made)
}

function exchange(old, fresh) {
  const now = [...fresh.childNodes]
  const was = [...old.childNodes]
  if (was.length === now.length) now.forEach((node, k) => settle(was[k], node))
  else old.replaceChildren(...now)
}

function settle(old, fresh) {
  if (old.isEqualNode(fresh) || old.dataset?.own !== undefined) return
  if (old.nodeType === Node.TEXT_NODE && fresh.nodeType === Node.TEXT_NODE) old.data = fresh.data
  else if (old.nodeName === fresh.nodeName && attributes(old) === attributes(fresh)) exchange(old, fresh)
  else old.replaceWith(fresh)
}

function attributes(element) {
  return [...element.attributes].filter(({ name }) => !OWN.has(name)).map(({ name, value }) => `${name}=${value}`).join('\n')
}
