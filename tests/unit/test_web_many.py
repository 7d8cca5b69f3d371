"""Fifty people at once, some of whom mean harm: everybody is answered, and nobody is shown the inside."""

from __future__ import annotations

import http.client
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import pytest

CLIENTS = 50
ROUNDS = 6


@pytest.fixture(scope="module")
def server():
    command = [sys.executable, "-m", "checker", "serve", "--port", "0"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    )
    line = process.stdout.readline()
    host, _, port = line.split()[4].removeprefix("http://").rstrip("/").partition(":")
    yield process, host, int(port)
    process.terminate()
    process.wait(20)
    process.stdout.close()
    process.stderr.close()


def ask(host, port, method, path, body=None):
    connection = http.client.HTTPConnection(host, port, timeout=60)
    try:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        connection.request(method, path, urlencode(body) if isinstance(body, dict) else body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def client(host, port, who):
    """What one of them does; what it was answered."""
    seen = []
    for turn in range(ROUNDS):
        numbers = {"n.w1": f"0.{who}{turn}", "inputs": "2"}
        answers = {"problem": "mazur-2-2-2-network", "v.0": f"0.37{who}", "v.4": "a*(1 - a)", "c.1": "0.5"}
        seen += [
            ask(host, port, "GET", "/practice" if who % 2 else "/"),
            ask(host, port, "POST", "/calculate", numbers),
            ask(host, port, "POST", "/practice/judge", answers),
        ]
        if who % 5 == 0:
            seen += [
                ask(host, port, "POST", "/practice/judge", {"kind": "file", "text": "[" * 9_000}),
                ask(host, port, "POST", "/calculate", {"n.w1": "9" * 5_000}),
                ask(host, port, "POST", "/practice/nothing", {"a": "b"}),
                ask(host, port, "POST", "/practice/judge", b"\xff\x00%zz&&&==="),
                ask(host, port, "PUT", "/practice"),
            ]
    return seen


def test_fifty_at_once_are_all_answered(server):
    process, host, port = server
    assert ask(host, port, "POST", "/calculate", {})[0] == 200  # the workers have started
    with ThreadPoolExecutor(CLIENTS) as pool:
        seen = [one for each in pool.map(lambda who: client(host, port, who), range(CLIENTS)) for one in each]
    assert process.poll() is None
    assert len(seen) == ROUNDS * (3 * CLIENTS + 5 * CLIENTS // 5)
    statuses = {status for status, _ in seen}
    assert statuses <= {200, 404, 405}
    assert sum(status == 200 for status, _ in seen) >= ROUNDS * 3 * CLIENTS
    for _, text in seen:
        for inside in ("Traceback", 'File "', "Error:"):
            assert inside not in text
    assert ask(host, port, "GET", "/")[0] == 200
    process.terminate()
    _, complaints = process.communicate(timeout=20)
    assert "Traceback" not in complaints
