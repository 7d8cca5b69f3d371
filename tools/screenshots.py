"""Pictures of the pages, for README and docs: `python tools/screenshots.py [NAME …]` writes docs/images/NAME.png, for
those of the server (calculator, practice) and those that are files (report, class, solved); all, where none is named.

Not run in CI: a picture depends on the fonts of the machine. Run it, look at the pictures, and commit them. Needs a
chromium and the extra `dev`. The files are written with as few colours as the pictures need, so that each has less than
150 KB.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
MOST = 150_000  # bytes of a picture
COLOURS = 128

# the submission of README: the slope is left out of dL_dz, and what follows is worked rightly from that
ANSWERS = ("0.7", "0.6682", "0.0550", "-0.3318", "a*(1 - a)", "-0.3318", "-0.3318", "-0.1659", "-0.3318", "0.8332")


@contextmanager
def served() -> Iterator[str]:
    """The address of a server."""
    command = [sys.executable, "-m", "checker", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:  # noqa: S603 - our own
        try:
            assert server.stdout is not None
            yield server.stdout.readline().split()[4].rstrip("/")
        finally:
            server.terminate()


def small(data: bytes) -> bytes:
    """A PNG with no more colours than the picture needs."""
    from PIL import Image

    picture = Image.open(io.BytesIO(data)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def run(*arguments: str, folder: Path) -> str:
    """What one command of ours prints; marks that are not full are no fault here."""
    command = [sys.executable, "-m", "checker", *arguments]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)  # noqa: S603 - our own
    if done.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(arguments)}: {done.stderr}")
    return done.stdout


def pages(browser: Browser) -> Iterator[tuple[str, bytes]]:
    """Pictures of what the server shows."""
    with served() as address:
        page = browser.new_page(viewport={"width": 1200, "height": 1620}, color_scheme="light")
        page.goto(f"{address}/?inputs=1&rates=0.5,5")
        page.wait_for_selector(".curves tbody tr:nth-child(3)")
        page.wait_for_selector("#chart canvas")
        yield "calculator", page.screenshot()
        page.set_viewport_size({"width": 1280, "height": 960})
        page.goto(f"{address}/practice")
        for n, text in enumerate(ANSWERS):
            page.fill(f"#v-{n}", text)
        page.wait_for_selector("#badge-9 .follow_through")
        page.wait_for_timeout(1000)  # what is said in full comes after a pause
        page.evaluate("document.activeElement.blur()")
        page.evaluate("document.querySelector('#h-answers').scrollIntoView(); scrollBy(0, -90)")
        page.wait_for_timeout(300)
        yield "practice", page.screenshot()


def files(browser: Browser, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Pictures of the tops of pages that are files: README's report, the demo's class report, a problem worked out."""
    sheet = re.search(
        r"^```yaml file=ada.yaml\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    assert sheet is not None
    (folder / "ada.yaml").write_text(sheet[1], encoding="utf-8")
    (folder / "report.html").write_text(run("ada.yaml", "--format", "html", folder=folder), encoding="utf-8")
    run("demo", "course", folder=folder)
    rates = ("--iterations", "200", "--learning-rate", "5", "--learning-rate", "0.05")
    solved = run("solve", "mazur-2-2-2-network", "--format", "html", *rates, folder=folder)
    (folder / "solved.html").write_text(solved, encoding="utf-8")
    page = browser.new_page(viewport={"width": 1000, "height": 1150}, color_scheme="light")
    for name, path, high in (
        ("report", folder / "report.html", 1140),
        ("class", min((folder / "course").rglob("class.html")), 1150),
        ("solved", folder / "solved.html", 1190),
    ):
        page.set_viewport_size({"width": 1000, "height": high})
        page.goto(path.as_uri())
        page.evaluate("document.fonts.ready")
        yield name, page.screenshot()


def main(names: list[str]) -> int:
    """Writes the pictures; 1 where one is too large."""
    from playwright.sync_api import sync_playwright

    chromium = next((path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None)
    if chromium is None:
        sys.stderr.write("this needs chromium\n")
        return 1
    taken: dict[str, bytes] = {}
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        if not names or {"calculator", "practice"} & set(names):
            taken |= pages(browser)
        if not names or {"report", "class", "solved"} & set(names):
            taken |= files(browser, Path(folder))
        browser.close()
    good = True
    for name, data in taken.items():
        if names and name not in names:
            continue
        made = small(data)
        good &= len(made) < MOST
        (IMAGES / f"{name}.png").write_bytes(made)
        sys.stdout.write(f"{IMAGES / name}.png: {len(made):,} bytes\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
