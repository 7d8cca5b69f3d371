"""A real browser, Debian's chromium, without a network: what every test of a page or a picture stands on.

Without a chromium these tests are skipped, but never where `CI` is true.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

SIZE = {"width": 1280, "height": 900}
PATIENCE = 30_000  # ms; a busy machine is no fault of the page

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="package")
def browser():
    """Chromium. It finds no host but this machine's own address."""
    found = next((path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None)
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("there is no chromium, and nothing may be skipped here")
        pytest.skip("there is no chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=found,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            ],
        )
        yield started
        started.close()


@pytest.fixture(scope="session")
def own_problems(tmp_path_factory):
    """The folder that the server is given with --problems."""
    return tmp_path_factory.mktemp("problems")


@pytest.fixture(scope="session")
def address(own_problems):
    """Where `check-backprop serve`, started as a user starts it, has its page."""
    command = [sys.executable, "-m", "checker", "serve", "--port", "0", "--problems", str(own_problems)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as server:
        line = server.stdout.readline()
        yield line.split()[4].rstrip("/")
        server.terminate()
        assert server.wait(20) in (0, 130)


class Faults(list):
    """What a page has done that none may: errors, refusals by its policy, requests to elsewhere."""


@pytest.fixture
def open_page(browser, address):
    """A function that opens an address of the server in a page of its own; whatever goes wrong in it fails the test."""
    contexts = []
    faults = Faults()

    def opened(path="/", **options):
        settings = {"viewport": SIZE, "reduced_motion": "reduce", "accept_downloads": True, **options}
        context = browser.new_context(base_url=address, **settings)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)

        def only_ours(route):
            if not route.request.url.startswith((f"{address}/", "blob:", "data:")):
                faults.append(f"asked for {route.request.url}")
                route.abort()
            else:
                route.continue_()

        context.route("**/*", only_ours)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(f"error: {error}"))
        page.on(
            "console",
            lambda line: faults.append(f"{line.type}: {line.text}") if line.type in ("error", "warning") else None,
        )
        page.on("dialog", lambda dialog: (faults.append(f"a dialog: {dialog.message}"), dialog.dismiss()))
        page.faults = faults
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def no_barriers():
    """A function that holds a page against axe-core: no violation of its rules, best practices among them."""

    def checked(page):
        results = Axe().run(page)
        assert results.violations_count == 0, results.generate_report()

    return checked
