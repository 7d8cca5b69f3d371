"""The addresses of the practice page. What costs time is done by workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request
from werkzeug.exceptions import NotFound

from checker.web import catalogue, exercise
from checker.web.exchange import as_file, as_json, sent_form
from checker.web.render import render

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from flask import Flask, Response

    from checker.web.choice import Form
    from checker.web.workers import Calls


def add_practice(app: Flask, workers: Calls, places: Sequence[Path]) -> None:
    """Let `app` answer for practice with the problems of these folders, the shipped one last."""
    texts = exercise.Texts(
        lambda name: catalogue.text_of(name, places),
        lambda name: catalogue.text_of(name, catalogue.template_folders(places)),
        lambda *what: workers.call("exercise:variant", *what),
    )

    def chosen(form: Form) -> tuple[exercise.Exercise, exercise.Chosen]:
        read = exercise.read(form)
        return read, texts.of(read)

    @app.get("/practice")
    def practice() -> str:
        read = exercise.read(sent_form())
        return render(
            "practice.html",
            page="practice",
            e=read,
            faults=read.faults,
            kinds=exercise.KINDS,
            levels=exercise.LEVELS,
            listed=catalogue.listed(places),
            templates=catalogue.templates(places),
        )

    @app.post("/practice/sheet")
    def sheet() -> Response:
        read, (text, faults, said) = chosen(sent_form())
        drawn = workers.call("questions:sheet", text) if text else {"said": said}
        return as_json({**drawn, "faults": faults, "seeded": read.drawn})

    @app.post("/practice/judge")
    def judge() -> Response:
        form = sent_form()
        read, (text, _, said) = chosen(form)
        return as_json(workers.call("verdicts:judge", text, form, read.level) if text else {"said": said})

    @app.post("/practice/value")
    def value() -> Response:
        form = sent_form()
        asked = request.form.get("step", "")
        n = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else -1
        _, (text, _, _) = chosen(form)
        return as_json({"html": workers.call("verdicts:value", text, form, n)})

    @app.post("/practice/open")
    def open_submission() -> Response:
        form = sent_form()
        data = form.pop("submission", [""])[-1]
        read, (text, _, _) = chosen(form)
        found = workers.call("practice:open_submission", text, data)
        if "problem" not in found:
            return as_json(found)
        go = elsewhere(found["problem"])
        if go is None and read.kind == "file" and read.drawn:
            go = other_seed(found["problem"], found["here"], read)
        if go is None:
            what = f"It answers the problem {found['problem']!r}, which is not in the list"
            return as_json({"said": [f"{what}: open that problem's file first."]})
        _, (text, _, _) = chosen({**form, **{name: [value] for name, value in go.items()}})
        return as_json({**workers.call("practice:open_submission", text, data), "go": go})

    def elsewhere(problem: str) -> dict[str, str] | None:
        """The controls that choose the problem with this id."""
        if problem in {each.id for each in catalogue.listed(places)}:
            return {"kind": "problem", "problem": problem}
        variant = exercise.of_variant(problem, [each.id for each in catalogue.templates(places)])
        return {"kind": "template", "template": variant[0], "seed": variant[1]} if variant else None

    def other_seed(problem: str, here: str, read: exercise.Exercise) -> dict[str, str] | None:
        """The seed with which the template of a file gives the problem with this id, where another gives `here`."""
        variant = exercise.of_variant(problem, [here.removesuffix(f"-{read.seed}")])
        return {"kind": "file", "seed": variant[1]} if variant else None

    @app.post("/practice/<any('submission.yaml', 'problem.yaml', 'report.html'):name>")
    def practice_file(name: str) -> Response:
        form = sent_form()
        read, (text, _, _) = chosen(form)
        made = workers.call("practice:file", name, text, form, read.level) if text else None
        if made is None:
            raise NotFound
        content, called = made
        return as_file(content, called, "text/html" if name.endswith("html") else "application/yaml")
