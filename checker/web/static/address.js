// The state of a form in the address: in the query what a server may see, a file's text behind the # where it stays here.

/** The query that stands for what a form holds: only what differs from what it would hold anyway. */
export function queryOf(form) {
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

/** Write a state into the address, without a new entry in the history. */
export function remember(query, hash = '') {
  const address = `${location.pathname}${query ? `?${query}` : ''}${hash ? `#${hash}` : ''}`
  if (address !== location.pathname + location.search + location.hash) history.replaceState(null, '', address)
}

/** A text, compressed, in letters that an address may have. */
export async function packed(text) {
  const bytes = await through(new CompressionStream('deflate-raw'), new TextEncoder().encode(text))
  let letters = ''
  for (const byte of bytes) letters += String.fromCharCode(byte)
  return btoa(letters).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** The text that `packed` packed; '' where it is damaged. */
export async function unpacked(letters) {
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
