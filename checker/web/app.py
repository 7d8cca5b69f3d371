"""The application: which address answers with what. What costs time is done by workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, render_template

from checker.web.safety import protect

if TYPE_CHECKING:
    from collections.abc import Collection

    from checker.web.workers import Calls

NAMES = frozenset({"localhost"})


def create_app(workers: Calls, hosts: Collection[str] = NAMES, port: int | None = None) -> Flask:
    """The application, asked under the names `hosts` (and any IP address) on `port`."""
    app = Flask(__name__)
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    protect(app, hosts, port)

    @app.get("/")
    def calculator() -> str:
        return render_template("calculator.html")

    return app
