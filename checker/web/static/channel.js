// Questions to the server, and those of which only the newest counts: what is typed while one is under way waits, and
// only the last of it is asked.

const PATIENCE = 400 // milliseconds after which a newer question no longer waits for an older answer

/** What `path` answers to form data; `error` is a text where that is nothing. */
export async function ask(path, body, signal) {
  let response, answer
  try {
    response = await fetch(path, { method: 'POST', body, headers: { Accept: 'application/json' }, signal })
    answer = await response.json()
  } catch (error) {
    if (error.name === 'AbortError') throw error
    return { error: 'The server does not answer. Is it still running?' }
  }
  if (response.ok) return answer
  return { error: answer.fault ? `${answer.error} (number ${answer.fault})` : answer.error }
}

/**
 * A function that asks `path` with what `body` makes when it is asked. `answered` gets what came back and what was sent;
 * `failed` a text.
 */
export function channel(path, body, answered, failed) {
  let waiting = false
  let running = null

  async function run() {
    while (waiting) {
      waiting = false
      const sent = body()
      const control = new AbortController()
      running = { control, since: performance.now() }
      try {
        const answer = await ask(path, sent, control.signal)
        if (answer.error) failed(answer.error)
        else answered(answer, sent)
      } catch (error) {
        if (error.name !== 'AbortError') throw error
      } finally {
        running = null
      }
    }
  }

  function send() {
    waiting = true
    if (!running) {
      run()
    } else {
      const mine = running
      const left = Math.max(0, PATIENCE - (performance.now() - running.since))
      setTimeout(() => { if (running === mine && waiting) mine.control.abort() }, left)
    }
  }

  /** Whether something newer is still to be asked. */
  send.waiting = () => waiting
  return send
}

/** The fields of a form as the body of a request; a number that is as the problem has it is left to the problem. */
export function bodyOf(form, extra = {}) {
  const body = new URLSearchParams()
  for (const [name, value] of new FormData(form)) {
    const usual = name.startsWith('n.') && value === form.elements[name].dataset.default
    if (typeof value === 'string' && !usual) body.append(name, value)
  }
  for (const [name, value] of Object.entries(extra)) body.set(name, value)
  return body
}
