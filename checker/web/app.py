"""The application: which address answers with what. What costs time is done by workers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request
from werkzeug.exceptions import NotFound

from checker.reports import page
from checker.web import catalogue, controls
from checker.web.choice import choose
from checker.web.exchange import as_file, as_json, sent_form
from checker.web.practice_routes import add_practice
from checker.web.render import render
from checker.web.safety import protect
from checker.web.texts import apart

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from checker.web.workers import Calls

NAMES = frozenset({"localhost"})
DAY = "public, max-age=86400"


def create_app(
    workers: Calls, hosts: Collection[str] = NAMES, port: int | None = None, problems: Path | None = None
) -> Flask:
    """The application, asked under the names `hosts` (and any IP address) on `port`.

    `problems` is a folder whose problems are offered besides those that are shipped.
    """
    app = Flask(__name__, template_folder=None)
    protect(app, hosts, port)
    places = catalogue.folders(problems)

    @app.get("/")
    def calculator() -> str:
        form = sent_form()
        choice = choose(form, lambda name: catalogue.text_of(name, places))
        # while the workers are starting the page comes without its steps, and asks for them
        worked: dict[str, Any] = workers.call("jobs:calculate", form, places) if workers.ready() else {}
        return render(
            "calculator.html",
            page="calculator",
            form=controls.draw(choice, form, catalogue.listed(places)),
            s=choice.settings,
            said=worked.get("said", ()),
            title=worked.get("title", "Steps"),
            steps=worked.get("steps", ""),
            picture=worked.get("picture", ""),
        )

    @app.post("/calculate")
    def calculate() -> Response:
        form = sent_form()
        answer = workers.call("jobs:calculate", form, places)
        if "steps" in answer:
            answer["shown"], texts = apart(answer["steps"])
            if answer["shown"] == request.form.get("shown-steps"):
                answer["steps"] = texts
        if answer["controls"] != request.form.get("have"):
            choice = choose(form, lambda name: catalogue.text_of(name, places))
            answer["form"] = controls.draw(choice, form, catalogue.listed(places))
        return as_json(answer)

    @app.post("/curves")
    def loss_curves() -> Response:
        return as_json(workers.call("curves:compare", sent_form(), places))

    @app.post("/exact")
    def exact() -> Response:
        return as_json({"html": workers.call("jobs:exact", sent_form(), places, request.form.get("step", ""))})

    downloads: dict[str, tuple[str, str]] = {
        "problem.yaml": ("application/yaml", "jobs:problem_file"),
        "steps.csv": ("text/csv", "jobs:steps_csv"),
        "graph.svg": ("image/svg+xml", "jobs:graph_file"),
        "loss.csv": ("text/csv", "curves:losses_csv"),
        "loss.svg": ("image/svg+xml", "curves:losses_svg"),
    }

    @app.post("/download/<name>")
    def download(name: str) -> Response:
        if name not in downloads:
            raise NotFound
        media, job = downloads[name]
        text = workers.call(job, sent_form(), places)
        return as_file(text, name, media)

    add_practice(app, workers, places)

    @app.get("/style.css")
    def style() -> Response:
        sheet = page.font_face("/font.woff2") + page.style(font=False)
        return Response(sheet, mimetype="text/css", headers={"Cache-Control": "no-cache"})

    @app.get("/font.woff2")
    def font() -> Response:
        return Response(page.asset(page.FONT), mimetype="font/woff2", headers={"Cache-Control": DAY})

    return app
