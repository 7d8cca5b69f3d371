// Arrays as people type them: a field for each element, or a list in square brackets as a file has it.

/** The list of these texts, row by row with so many columns; of a vector `columns` is 0. '' where nothing is typed. */
export function listText(texts, columns) {
  if (texts.every((text) => !text.trim())) return ''
  const written = texts.map(element)
  if (!columns) return `[${written.join(', ')}]`
  const rows = []
  for (let at = 0; at < written.length; at += columns) rows.push(`[${written.slice(at, at + columns).join(', ')}]`)
  return `[${rows.join(', ')}]`
}

function element(text) {
  const bare = text.trim()
  if (!bare) return 'null'
  return /^[A-Za-z0-9_.(+-][A-Za-z0-9_.+*/^() -]*$/.test(bare) ? bare : JSON.stringify(bare)
}

/** The elements of a list of `rows` lists of `columns` (or, where there is one row, of one list); null where it is none. */
export function cellTexts(text, rows, columns) {
  if (!text.trim()) return Array(rows * columns).fill('')
  const tokens = text.match(/\[|\]|,|"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^[\],"']+/g) ?? []
  let at = 0

  function list(depth) {
    const found = []
    at += 1
    for (;;) {
      const token = tokens[at]?.trim()
      if (token === undefined) return null
      if (token === ']') {
        at += 1
        return found
      }
      if (token === '' || token === ',') {
        at += 1
      } else if (token === '[') {
        const inner = depth ? null : list(1)
        if (!inner) return null
        found.push(inner)
      } else {
        found.push(plain(token))
        at += 1
      }
    }
  }

  while (tokens[at]?.trim() === '') at += 1
  if (tokens[at] !== '[') return null
  const found = list(0)
  if (!found || tokens.slice(at).some((token) => token.trim())) return null
  const lines = found.every((each) => typeof each === 'string') ? [found] : found
  const whole = lines.length === rows && lines.every((line) => Array.isArray(line) && line.length === columns)
  return whole ? lines.flat() : null
}

function plain(token) {
  if (token.startsWith('"')) {
    try {
      return JSON.parse(token)
    } catch {
      return token.slice(1, -1)
    }
  }
  if (token.startsWith("'")) return token.slice(1, -1).replaceAll("''", "'")
  return token === 'null' || token === '~' ? '' : token
}
