"""The page in a real browser: from keystroke to painted feedback, from opening to usable, from the command to a byte.

Needs chromium. The targets of this page are times that a person notices, so they stand here as times.

python -m benchmarks.web [--write]
"""

from __future__ import annotations

import argparse
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.ratios import ROOT
from benchmarks.record import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from playwright.sync_api import Browser, Page

KEYSTROKE, USABLE, BYTE = 0.050, 1.0, 1.0  # seconds
KEYS = 60
OPENINGS = 9
STARTS = 5

# from a key going down to the first frame that shows what the server said of it
WATCH = """
({watched}) => {
  window.taken = []
  let since = null
  document.addEventListener('keydown', (event) => { since = event.timeStamp }, true)
  new MutationObserver(() => {
    const began = since
    if (began === null) return
    since = null
    requestAnimationFrame(() => setTimeout(() => window.taken.push((performance.now() - began) / 1000)))
  }).observe(document.querySelector(watched), { childList: true, subtree: true, characterData: true })
}
"""


class Measured(NamedTuple):
    """A time that somebody waits, as often as it was measured."""

    job: str
    times: Sequence[float]
    target: float

    @property
    def middle(self) -> float:
        return median(self.times)

    @property
    def most(self) -> float:
        """What nineteen of twenty do not exceed."""
        return sorted(self.times)[int(0.95 * (len(self.times) - 1))]

    @property
    def verdict(self) -> str:
        return "reached" if self.middle <= self.target else "missed"

    def row(self) -> list[str]:
        return [self.job, f"at most {_said(self.target)}", _said(self.middle), _said(self.most), self.verdict]


def _said(seconds: float) -> str:
    return f"{seconds:.2g} s" if seconds >= 1 else f"{1000 * seconds:.0f} ms"


@contextmanager
def served() -> Iterator[tuple[str, float]]:
    """A server as a user starts it: its address, and how long it took to the first byte of its page."""
    command = [sys.executable, "-m", "checker", "serve", "--port", "0"]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().split()[4].rstrip("/")
            host, _, port = address.removeprefix("http://").partition(":")
            with socket.create_connection((host, int(port))) as line:
                line.sendall(f"GET / HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
                assert line.recv(1)
            yield address, time.perf_counter() - began
        finally:
            server.terminate()


def typed(page: Page, field: str, watched: str, keys: Sequence[str]) -> list[float]:
    """How long the page took to show what follows from each key, one at a time."""
    page.evaluate(WATCH, {"watched": watched})
    page.focus(field)
    for n, key in enumerate(keys, 1):
        page.keyboard.press(key)
        page.wait_for_function("n => window.taken.length >= n", arg=n)
        page.wait_for_timeout(30)
    times: list[float] = page.evaluate("window.taken")
    return times


def opened(browser: Browser, address: str, shown: str) -> float:
    """How long it took from opening an address in a new window until the page can be used."""
    context = browser.new_context()
    try:
        page = context.new_page()
        began = time.perf_counter()
        page.goto(address, wait_until="commit")
        page.wait_for_selector(shown)
        return time.perf_counter() - began
    finally:
        context.close()


def measure() -> list[Measured]:
    """All of it, on one server."""
    from playwright.sync_api import sync_playwright

    chromium = next((path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None)
    if chromium is None:
        raise SystemExit("this needs chromium")
    first = []
    for _ in range(STARTS - 1):
        with served() as (_, took):
            first.append(took)
    calculator, practice = "/?kind=network&units1=4", "/practice?problem=mazur-2-2-2"
    with served() as (address, took), sync_playwright() as playwright:
        first.append(took)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.goto(address + calculator)
        page.wait_for_selector("#steps .result")
        page.wait_for_timeout(1000)
        keys = ["End", *("123456789"[n % 9] if n % 2 == 0 else "Backspace" for n in range(KEYS))]
        page.focus("#c-n-2eW1-5b1-2c1-5d")
        page.keyboard.press(keys[0])
        worked = typed(page, "#c-n-2eW1-5b1-2c1-5d", "#steps", keys[1:])
        page.goto(address + practice)
        page.wait_for_selector("#v-0")
        page.fill("#v-0", "0.3775")
        page.fill("#v-5", "0.6")
        page.wait_for_timeout(1000)
        judged = typed(page, "#v-1", "#badge-1", keys[1:])
        page.close()
        seen = [opened(browser, address + calculator, "#steps .result") for _ in range(OPENINGS)]
        laid = [opened(browser, address + practice, "#picture svg") for _ in range(OPENINGS)]
        browser.close()
    return [
        Measured("calculator, a 2-4-1 network: from a key to what follows from it, painted", worked, KEYSTROKE),
        Measured("practice, 24 steps of a 2-2-2 network: from a key to its verdict, painted", judged, KEYSTROKE),
        Measured("calculator: from opening to every step shown", seen, USABLE),
        Measured("practice: from opening to every answer judged", laid, USABLE),
        Measured("`check-backprop serve`: from the command to the first byte of its page", first, BYTE),
    ]


def main() -> int:
    """Shows the figures, with --write records them; 1 where a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.web")
    parser.add_argument("--write", action="store_true", help="write the figures into docs/performance.md")
    write = parser.parse_args().write
    figures = measure()
    for figure in figures:
        print(" | ".join(figure.row()))
    if write:
        headers = ["what", "target", "half of the times at most", "19 of 20 at most", "verdict"]
        record("web", headers, [figure.row() for figure in figures], "python -m benchmarks.web --write")
    return int(any(figure.verdict == "missed" for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
