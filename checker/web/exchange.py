"""What comes in and what goes out: forms as plain data, answers as JSON or as files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flask import Response, request

if TYPE_CHECKING:
    from checker.web.choice import Form

PAGE_ONLY = ("have", "shown-steps", "step")  # fields that tell what the page has, or asks for, beside the form


def sent_form() -> Form:
    """What was sent, as plain data: the problem and the answers, without what only the page itself needs."""
    sent = request.form if request.method == "POST" else request.args
    return {
        name: values for name, values in sent.to_dict(flat=False).items() if name not in ("have", "shown-steps", "step")
    }


def as_json(value: Any) -> Response:
    """An answer for a script."""
    return Response(json.dumps(value, allow_nan=False, separators=(",", ":")), mimetype="application/json")


def as_file(text: str, name: str, media: str) -> Response:
    """An answer that a browser saves under a name."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, content_type=f"{media}; charset=utf-8", headers=headers)
