// What is wrong, told beside the control that it is about.

const MOST = 1024 * 1024 // bytes of a file

/** The faults of a form's controls: what the server says, and beside it what was never sent. */
export class Faults {
  constructor(form) {
    this.form = form
    this.unsent = {}
  }

  /** Tell these, by control, and what was never sent; of everything else that it is in order. */
  show(answered = {}) {
    const found = { ...answered, ...this.unsent }
    for (const place of document.querySelectorAll('[data-fault]')) {
      const name = place.dataset.fault
      const text = found[name] ?? ''
      if (place.textContent === text) continue
      place.textContent = text
      place.hidden = !text
      for (const control of this.form.elements) {
        if (control.name !== name) continue
        if (text) control.setAttribute('aria-invalid', 'true')
        else control.removeAttribute('aria-invalid')
      }
    }
  }

  /** The text of a file; null, and told beside a control, where it is larger than any may be. */
  async textOf(file, name) {
    this.unsent = file.size > MOST ? { [name]: `${file.name} has more than 1 MiB` } : {}
    this.show()
    return file.size > MOST ? null : file.text()
  }
}
