"""Who may ask the server, how much may be asked, and what no answer ever shows."""

from __future__ import annotations

import logging
import socket

import pytest
from flask.testing import FlaskClient

from checker.commands.serve import listen
from checker.errors import AuthorError
from checker.web.app import create_app
from checker.web.safety import HEADERS, MOST_BODY, SAID, named_us
from checker.web.workers import Busy, Here, TooLong


@pytest.fixture
def app():
    made = create_app(Here(), {"localhost", "lab.example"}, 8000)

    @made.get("/breaks")
    def breaks():
        raise ZeroDivisionError("secret inner text")

    @made.get("/late")
    def late():
        raise TooLong

    @made.get("/busy")
    def busy():
        raise Busy

    @made.post("/takes")
    def takes():
        from flask import request

        return str(len(request.get_data()))

    return made


class Client(FlaskClient):
    def open(self, *args, **kwargs):
        return super().open(*args, **{"base_url": "http://localhost:8000", "buffered": True, **kwargs})


@pytest.fixture
def client(app):
    app.test_client_class = Client
    return app.test_client()


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("localhost:8000", True),
        ("LOCALHOST:8000", True),
        ("localhost.:8000", True),
        ("lab.example:8000", True),
        ("127.0.0.1:8000", True),
        ("[::1]:8000", True),
        ("192.168.1.7:8000", True),  # no name can be made to point to an address
        ("localhost", False),
        ("localhost:8001", False),
        ("evil.example:8000", False),
        ("localhost.evil.example:8000", False),
        ("evil.example", False),
        ("127.0.0.1.evil.example:8000", False),
        ("", False),
        ("[::1", False),
        ("localhost:8000:8000", False),
        ("localhost:٨٠٠٠", False),
    ],
)
def test_a_host_header_must_name_us(client, host, ours):
    assert named_us(host, {"localhost", "lab.example"}, 8000) is ours
    if host.isascii():
        assert client.get("/", headers={"Host": host}).status_code == (200 if ours else 421)


def test_without_a_port_the_port_is_80():
    assert named_us("localhost", {"localhost"}, 80)


@pytest.mark.parametrize("path", ["/", "/nothing", "/breaks", "/static/web.css", "/static/../app.py", "/takes"])
def test_every_answer_has_the_headers(client, path):
    headers = client.get(path).headers
    for name, value in HEADERS.items():
        assert headers[name] == value
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "Set-Cookie" not in headers


def test_a_fault_shows_a_number_and_no_more(client, caplog):
    with caplog.at_level(logging.ERROR, "checker.web"):
        answer = client.get("/breaks")
    assert answer.status_code == 500
    number = caplog.records[0].args[0]
    assert f"<code>{number}</code>" in answer.text
    for inside in ("secret inner text", "Traceback", "ZeroDivisionError", ".py"):
        assert inside not in answer.text
    assert "ZeroDivisionError" in caplog.text


def test_a_script_gets_its_errors_as_json(client):
    answer = client.get("/nothing", headers={"Accept": "application/json"})
    assert answer.status_code == 404
    assert answer.json == {"error": SAID[404].text, "title": SAID[404].title, "fault": ""}


@pytest.mark.parametrize(("path", "status"), [("/late", 504), ("/busy", 503), ("/takes", 405), ("/nothing", 404)])
def test_what_cannot_be_done_is_said(client, path, status):
    answer = client.get(path)
    assert answer.status_code == status
    assert SAID[status].text in answer.text


def test_a_body_has_a_bound(client):
    assert client.post("/takes", data=b"x" * MOST_BODY).text == str(MOST_BODY)
    assert client.post("/takes", data=b"x" * (MOST_BODY + 1)).status_code == 413


def test_pages_of_others_may_not_post(client):
    assert client.post("/takes", headers={"Origin": "http://evil.example"}).status_code == 403
    assert client.post("/takes", headers={"Origin": "null"}).status_code == 403
    assert client.post("/takes", headers={"Origin": "http://localhost:8000"}).status_code == 200


def test_the_network_is_let_in_only_by_name_of_the_flag():
    with pytest.raises(AuthorError) as refused:
        listen("0.0.0.0", 0, anywhere=False)
    assert str(refused.value) == (
        "--host 0.0.0.0 lets other machines use the page; add --listen-on-network if that is meant, or leave --host out"
    )
    with listen("0.0.0.0", 0, anywhere=True) as bound:
        assert bound.getsockname()[0] == "0.0.0.0"
    with listen("127.0.0.1", 0, anywhere=False) as bound:
        assert bound.getsockname()[0] == "127.0.0.1"


def test_a_port_that_is_taken_is_said():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(AuthorError) as refused:
            listen("127.0.0.1", port, anywhere=False)
    assert str(refused.value) == (
        f"port {port} of 127.0.0.1 cannot be used: Address already in use; "
        "choose another with --port, or 0 for any that is free"
    )


def test_what_is_no_address_is_said():
    with pytest.raises(AuthorError) as refused:
        listen("999.1.1.1", 0, anywhere=True)
    assert str(refused.value) == "--host '999.1.1.1' is no address; leave it out for 127.0.0.1"
