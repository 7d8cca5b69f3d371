// Requests of which only the newest counts: what is typed while one is under way waits, and only the last of it is asked.

const PATIENCE = 400 // milliseconds after which a newer question no longer waits for an older answer

/**
 * A function that asks `path` with form data. `answered` gets what came back, the time of asking and what was sent;
 * `failed` a text.
 */
export function channel(path, answered, failed) {
  let waiting = null
  let running = null

  async function run() {
    while (waiting) {
      const { body, at } = waiting
      waiting = null
      const control = new AbortController()
      running = { control, since: performance.now() }
      try {
        const response = await fetch(path, {
          method: 'POST',
          body,
          headers: { Accept: 'application/json' },
          signal: control.signal,
        })
        const answer = await response.json()
        if (response.ok) answered(answer, at, body)
        else failed(answer.fault ? `${answer.error} (number ${answer.fault})` : answer.error)
      } catch (error) {
        if (error.name !== 'AbortError') failed('The server does not answer. Is it still running?')
      }
      running = null
    }
  }

  function ask(body) {
    waiting = { body, at: performance.now() }
    if (!running) {
      run()
    } else {
      const mine = running
      const left = Math.max(0, PATIENCE - (performance.now() - running.since))
      setTimeout(() => { if (running === mine && waiting) mine.control.abort() }, left)
    }
  }

  /** Whether something newer is still to be asked. */
  ask.waiting = () => waiting !== null
  return ask
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
