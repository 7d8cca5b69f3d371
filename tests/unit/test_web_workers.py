"""Workers: jobs within a deadline, and what becomes of those that are late, die or fail."""

from __future__ import annotations

import os
import time

import pytest

from checker.errors import AuthorError, Finding, InternalError
from checker.web.workers import Busy, TooLong, Workers, _outcome


def refuse():
    raise AuthorError(Finding("no such problem"))


@pytest.fixture(scope="module")
def workers():
    made = Workers(1, deadline=1.0, wait=0.2)
    yield made
    made.close()


def test_a_job_is_done(workers):
    assert workers.call(pow, 2, 10) == 1024
    assert workers.ready()


def test_a_late_job_costs_its_worker_and_nothing_else(workers):
    begun = time.monotonic()
    with pytest.raises(TooLong):
        workers.call(time.sleep, 30)
    assert time.monotonic() - begun < 20
    assert workers.call(abs, -3) == 3


def spin():
    while True:
        pass


def test_a_job_that_takes_too_much_of_the_processor_costs_its_worker():
    busy = Workers(1, deadline=300.0)
    try:
        assert busy.call(abs, -1) == 1
        with pytest.raises(TooLong):
            busy.call(spin)
        assert busy.call(abs, -2) == 2
    finally:
        busy.close()


def test_a_job_that_ends_its_worker_costs_nothing_else(workers):
    with pytest.raises(InternalError):
        workers.call(os._exit, 3)
    assert workers.call(abs, -4) == 4


def test_whoever_waits_too_long_is_told(workers):
    import threading

    thread = threading.Thread(target=lambda: workers.call(time.sleep, 0.8))
    thread.start()
    time.sleep(0.2)
    assert not workers.ready()
    with pytest.raises(Busy):
        workers.call(abs, 1)
    thread.join()
    assert workers.call(abs, -5) == 5


def test_what_a_job_refuses_is_told_from_what_breaks_it():
    outcome, error = _outcome(refuse, ())
    assert outcome == "refused"
    assert str(error) == "no such problem"
    outcome, said = _outcome(divmod, (1, 0))
    assert outcome == "failed"
    assert said.startswith("ZeroDivisionError: ")
