"""What every answer of the server obeys: who may ask, how much may be asked, and what an answer may make a browser do.

- The Host header must name us: a page of somebody else's whose name is made to point here (DNS rebinding) is refused.
- A content security policy without inline script or style, and nothing from elsewhere.
- A fault of ours is a page with a number to quote; what happened goes to the log.
"""

from __future__ import annotations

import ipaddress
import logging
import secrets
from typing import TYPE_CHECKING, NamedTuple

from flask import Response, jsonify, request
from werkzeug.exceptions import HTTPException

from checker.errors import CheckerError
from checker.web.render import render
from checker.web.workers import Busy, TooLong

if TYPE_CHECKING:
    from collections.abc import Collection

    from flask import Flask

LOG = logging.getLogger("checker.web")

MOST_BODY = 1_300_000  # bytes: a file of 1 MiB, and what a form adds
MOST_PARTS = 64

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # a state in the address is nobody else's business
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class Said(NamedTuple):
    """What a person is told of an answer that is not what they asked for."""

    status: int
    title: str
    text: str


SAID = {
    each.status: each
    for each in (
        Said(400, "This cannot be understood", "The address or the form does not fit this page."),
        Said(403, "Not from there", "This was asked by a page of somebody else's."),
        Said(404, "There is no such page", "Go back to the calculator, or to practice."),
        Said(405, "Not like this", "This address is not asked in this way."),
        Said(413, "Too large", "A file may have 1 MiB at most."),
        Said(414, "Too long", "The address is longer than a browser's may be. Open the problem as a file instead."),
        Said(421, "Not this server", "The page is asked under a name that it does not go by."),
        Said(431, "Too long", "The address is longer than a browser's may be. Open the problem as a file instead."),
        Said(500, "A fault of ours", "It is not a fault of your input."),
        Said(503, "Busy", "Too much is asked at once. Try again in a moment."),
        Said(504, "Too long", "This takes longer to work out than a page may. Use a smaller problem, or `solve`."),
    )
}


def protect(app: Flask, hosts: Collection[str], port: int | None) -> None:
    """Hold every answer of `app` to the rules above.

    Args:
        app: the application.
        hosts: the names we go by, in lower case; an IP address is always ours: nobody can make it point here.
        port: the port that a Host header has to have; any where None.
    """
    app.config["MAX_CONTENT_LENGTH"] = MOST_BODY
    app.config["MAX_FORM_MEMORY_SIZE"] = MOST_BODY
    app.config["MAX_FORM_PARTS"] = MOST_PARTS

    def who() -> Response | None:
        if not named_us(request.headers.get("Host", ""), hosts, port):
            return _answer(SAID[421])
        origin = request.headers.get("Origin")
        if request.method not in ("GET", "HEAD") and origin is not None and origin != _origin():
            return _answer(SAID[403])
        return None

    def headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    app.before_request(who)
    app.after_request(headers)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(TooLong, lambda _: _answer(SAID[504]))
    app.register_error_handler(Busy, lambda _: _answer(SAID[503]))
    app.register_error_handler(Exception, _fault)


def named_us(host: str, hosts: Collection[str], port: int | None) -> bool:
    """Whether a Host header names this server.

    >>> named_us("localhost:8000", {"localhost"}, 8000), named_us("evil.example:8000", {"localhost"}, 8000)
    (True, False)
    """
    if host.startswith("["):
        name, bracket, rest = host[1:].partition("]")
        if not bracket:
            return False
    else:
        name, colon, rest = host.partition(":")
        rest = colon + rest
    if rest and not (rest.startswith(":") and rest[1:].isascii() and rest[1:].isdigit() and len(rest) <= 6):
        return False
    if port is not None and int(rest[1:] or 80) != port:
        return False
    return name.lower().rstrip(".") in hosts or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _origin() -> str:
    return f"{request.scheme}://{request.host}"


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:  # a redirect
        return error.get_response()  # type: ignore[return-value]
    said = SAID.get(status) or Said(status, "This cannot be done", "The address or the form does not fit this page.")
    response = _answer(said)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _fault(error: Exception) -> Response:
    if isinstance(error, CheckerError) and not error.findings:
        return _answer(SAID[500])
    number = secrets.token_hex(4)
    LOG.error("fault %s at %s: %s", number, request.path, error, exc_info=error)
    return _answer(SAID[500], number)


def _answer(said: Said, number: str = "") -> Response:
    """A page, or JSON for a script that asked for it."""
    if request.accept_mimetypes.best_match(("text/html", "application/json")) == "application/json":
        response = jsonify(error=said.text, title=said.title, fault=number)
    else:
        response = Response(render("error.html", page="", said=said, number=number))
    response.status_code = said.status
    return response
