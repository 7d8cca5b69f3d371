// The state of a form in the address: in the query what a server may see, a file's text behind the # where it stays here.

/** Write what a form holds into the address, with the text of its file, and without a new entry in the history. */
export async function keep(form, text) {
  remember(queryOf(form), text ? `text=${await packed(text)}` : '')
}

/** The text that the address holds; '' where it holds none. */
export async function keptText() {
  const letters = new URLSearchParams(location.hash.slice(1)).get('text')
  return letters ? unpacked(letters) : ''
}

/** Copy the address, and say so, or what to do instead. */
export async function copyAddress(place, done) {
  try {
    await navigator.clipboard.writeText(location.href)
    place.textContent = done
  } catch {
    place.textContent = `Copy the address of this page: ${location.href}`
  }
}

/** Go to the page at `path` with the text of a problem file. */
export async function goWith(path, text) {
  location.assign(`${path}?kind=file#text=${await packed(text)}`)
}

/** The query that stands for what a form holds: only what differs from what it would hold anyway. */
function queryOf(form) {
  const query = new URLSearchParams()
  for (const element of form.elements) {
    if (!element.name || element.dataset.default === undefined || element.name === 'text' || element.matches(':disabled')) continue
    if (element.type === 'checkbox') {
      if (element.checked) query.append(element.name, element.value)
    } else if (element.value !== element.dataset.default) {
      query.append(element.name, element.value)
    }
  }
  return query.toString().replaceAll('%2C', ',').replaceAll('%5B', '[').replaceAll('%5D', ']')
}

function remember(query, hash) {
  const address = `${location.pathname}${query ? `?${query}` : ''}${hash ? `#${hash}` : ''}`
  if (address !== location.pathname + location.search + location.hash) history.replaceState(null, '', address)
}

/** A text, compressed, in letters that an address may have. */
async function packed(text) {
  const bytes = await through(new CompressionStream('deflate-raw'), new TextEncoder().encode(text))
  let letters = ''
  for (const byte of bytes) letters += String.fromCharCode(byte)
  return btoa(letters).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** The text that `packed` packed; '' where it is damaged. */
async function unpacked(letters) {
  try {
    const raw = atob(letters.replaceAll('-', '+').replaceAll('_', '/'))
    const bytes = Uint8Array.from(raw, (letter) => letter.charCodeAt(0))
    return new TextDecoder().decode(await through(new DecompressionStream('deflate-raw'), bytes))
  } catch {
    return ''
  }
}

const MOST = 1_100_000 // bytes that are ever unpacked: no file may have more

async function through(stream, bytes) {
  const writer = stream.writable.getWriter()
  writer.write(bytes).catch(() => {})
  writer.close().catch(() => {})
  const parts = []
  let size = 0
  const reader = stream.readable.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    size += value.length
    if (size > MOST) throw new Error('too large')
    parts.push(value)
  }
  const all = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
