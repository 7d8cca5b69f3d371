"""Processes that do what costs time, each job within bounds. One that exceeds them costs its process, not the page.

The server itself imports neither sympy nor numpy: it answers at once, while the workers are still starting.
"""

from __future__ import annotations

import multiprocessing
import queue
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from math import ceil
from typing import TYPE_CHECKING, Any, Protocol

from checker.errors import CheckerError, Finding, InternalError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Job = Callable[..., Any] | str
"""What is to be done: a function, or `module:function` of this package, which the server itself then never imports."""

SIGXCPU = getattr(signal, "SIGXCPU", 24)  # what ends a process that has used up its time; Windows has no such thing
WAIT = 10.0  # seconds that a request may wait for a worker
BUDGET = 8  # seconds of the processor that a job may take, where the system counts them
DEADLINE = 30.0  # seconds that a job may take on a machine that has other things to do
START = 60.0  # seconds that a worker may take to start on a slow machine


class TooLong(Exception):
    """A job that took longer than it may; its worker was ended."""


class Busy(Exception):
    """No worker became free in time."""


class Calls(Protocol):
    """Something that does jobs: workers, or in tests the same process."""

    def call(self, job: Job, *arguments: Any) -> Any:
        """What the job returns.

        Raises:
            CheckerError: what the job raised.
            InternalError: the job failed otherwise; a fault of ours.
            TooLong: it did not end in time.
            Busy: nobody was free to do it.
        """

    def ready(self) -> bool:
        """Whether a job would be begun at once."""

    def close(self) -> None:
        """End all of it."""


class Here:
    """Does jobs in this process, without a deadline."""

    def call(self, job: Job, *arguments: Any) -> Any:
        """As `Calls.call`; what is no CheckerError is raised as it is."""
        return found(job)(*arguments)

    def ready(self) -> bool:
        """Always."""
        return True

    def close(self) -> None:
        """Nothing to end."""


class Workers:
    """A few processes, each doing one job at a time. One that is late or dies is replaced."""

    def __init__(self, count: int = 2, deadline: float = DEADLINE, wait: float = WAIT, warm: Job | None = None) -> None:
        self.deadline, self.wait = deadline, wait
        self._warm = warm
        self._idle: queue.LifoQueue[_Worker] = queue.LifoQueue()  # the last used has the warmest caches
        self._closed = False
        self._all: list[_Worker] = []
        for _ in range(count):
            self._add()

    def call(self, job: Job, *arguments: Any) -> Any:
        """As `Calls.call`."""
        try:
            worker = self._idle.get(timeout=self.wait)
        except queue.Empty:
            raise Busy from None
        try:
            outcome, result = worker.do(job, arguments, self.deadline)
        except BaseException:
            self._replace(worker)
            raise
        self._idle.put(worker)
        if outcome == "refused":
            raise result
        if outcome == "failed":
            raise InternalError(Finding(result))
        return result

    def ready(self) -> bool:
        """Whether a worker has started and is idle."""
        return any(worker.started() for worker in list(self._idle.queue))

    def close(self) -> None:
        """End every worker, whatever it is doing."""
        self._closed = True
        for worker in self._all:
            worker.end()

    def _add(self) -> None:
        worker = _Worker(self._warm)
        self._all.append(worker)
        self._idle.put(worker)

    def _replace(self, worker: _Worker) -> None:
        worker.end()
        self._all.remove(worker)
        if not self._closed:
            self._add()


class _Worker:
    """One process and the pipe to it. The process ends by itself when the other end of its pipe is gone."""

    def __init__(self, warm: Job | None) -> None:
        context = multiprocessing.get_context("spawn")  # the server has threads: what is forked from it may hang
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=work, args=(theirs, warm), daemon=True)
        self._process.start()
        theirs.close()
        self._ready = False

    def started(self) -> bool:
        """Whether it has imported what it needs."""
        if not self._ready and self._pipe.poll(0):
            self._greeted()
        return self._ready

    def do(self, job: Job, arguments: tuple[Any, ...], deadline: float) -> tuple[str, Any]:
        """The outcome of a job and its result.

        Raises:
            TooLong: it did not end in time, or took too much of the processor's.
            InternalError: the process died otherwise.
        """
        try:
            if not self._ready:
                if not self._pipe.poll(START):
                    raise TooLong
                self._greeted()
            begun = time.monotonic()
            self._pipe.send((job, arguments))
            if not self._pipe.poll(max(0.0, deadline - (time.monotonic() - begun))):
                raise TooLong
            outcome: tuple[str, Any] = self._pipe.recv()
        except (EOFError, OSError):
            self._process.join(1)
            if self._process.exitcode == -SIGXCPU:
                raise TooLong from None
            raise InternalError(Finding("a worker ended unexpectedly")) from None
        return outcome

    def end(self) -> None:
        """Kill the process."""
        with suppress(OSError):
            self._pipe.close()
        self._process.kill()
        self._process.join(1)

    def _greeted(self) -> None:
        self._pipe.recv()
        self._ready = True


def found(job: Job) -> Callable[..., Any]:
    """The function that a job is."""
    if not isinstance(job, str):
        return job
    module, _, name = job.partition(":")
    function: Callable[..., Any] = getattr(import_module(f"checker.web.{module}"), name)
    return function


def work(pipe: Connection, warm: Job | None) -> None:
    """What a worker does: one job after the other, until nobody asks any more."""
    with suppress(ValueError, OSError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server ends us
    try:
        if warm is not None:
            found(warm)()
        pipe.send("ready")
        while True:
            job, arguments = pipe.recv()
            _bound()
            pipe.send(_outcome(job, arguments))
    except (EOFError, OSError):
        return  # the server is gone


def _bound() -> None:
    """Let the system end this process when what it does now has taken its time of the processor."""
    if sys.platform == "win32":
        return
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    until = ceil(used.ru_utime + used.ru_stime) + BUDGET
    with suppress(ValueError, OSError):  # somebody has set a lower bound already
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # it leaves no image of its memory behind
        resource.setrlimit(resource.RLIMIT_CPU, (until, most))


def _outcome(job: Job, arguments: tuple[Any, ...]) -> tuple[str, Any]:
    try:
        return "done", found(job)(*arguments)
    except CheckerError as error:
        return "refused", error
    except RecursionError as error:
        return "failed", f"RecursionError: {error}"
    except Exception as error:
        import traceback

        return "failed", f"{type(error).__name__}: {error}\n{traceback.format_exc()}"
