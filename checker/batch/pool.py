"""Work done on whatever there is to work on: this process, processes of our own, or any executor that is given.

Whatever one submission does (it breaks the grader, takes too long, kills its worker) costs that submission alone: a
block that does not end well is done again in parts, and so is a part, each in a process that it can take down.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections import deque
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

# what starts processes is imported where some are started: most classes are small
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Executor, Future, ProcessPoolExecutor


# A machine that others use too may give a worker little of its time: what is limited is the time that a job computes.
# Only what neither computes nor ends is ended by the clock, after so many times the limit.
PATIENCE = 10


class Job(NamedTuple):
    """A block of work: what is called with what, how large it is, and what becomes of it where that fails.

    `parts` are the jobs that it then falls into, if it can; of one that cannot `failed` says what became of it. `work`
    is how much there is to do where that is more than its size says.
    """

    call: Callable[..., Any]
    arguments: tuple[object, ...]
    size: int
    label: object = None
    parts: Callable[[], Sequence[Job]] | None = None
    failed: Callable[[str], Any] | None = None
    work: int = 0


class Workers:
    """Does jobs, in whatever order they are done in.

    Args:
        jobs: how many processes to work with.
        timeout: how many seconds a job may compute, or a part of one that is tried alone.
        pool_from: from which size of all jobs together on a pool of processes is worth what it costs to start.
        executor: what to work on instead of processes of our own.
    """

    def __init__(self, jobs: int, timeout: float, pool_from: int, executor: Executor | None = None) -> None:
        self.jobs, self.timeout, self.pool_from = max(1, jobs), timeout, pool_from
        self.executor, self.given = executor, executor is not None

    def close(self) -> None:
        """End what was started; an executor that was given is left as it is."""
        if self.executor is not None and not self.given:
            _end(self.executor)
        self.executor = None

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, list[Any]]]:
        """Each job with its result, or with those of its parts, in order."""
        waiting = iter(jobs)
        if self.executor is None and self.jobs > 1:
            first, size = list[Job](), 0
            for job in waiting:
                first.append(job)
                size += max(job.size, job.work)
                if size >= self.pool_from and len(first) > 1:
                    self.executor = _processes(self.jobs)
                    break
            waiting = chain(first, waiting)
        if self.executor is None:
            yield from self._here(waiting)
        else:
            yield from self._there(waiting)

    def _here(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, list[Any]]]:
        for job in jobs:
            try:
                with _limited(self.timeout):
                    found = [job.call(*job.arguments)]
            except (Exception, TooLongError):  # a fault of ours, or it took too long: the parts will tell
                if job.parts is None and job.failed is None:
                    raise
                found = self._again(job)
            yield job, found

    def _there(self, jobs: Iterator[Job]) -> Iterator[tuple[Job, list[Any]]]:
        from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, wait

        pending: dict[Future[Any], Job] = {}
        failed: deque[Job] = deque()
        more = True
        while more or pending:
            while more and self.executor is not None and len(pending) < 2 * self.jobs:
                job = next(jobs, None)
                if job is None:
                    more = False
                    break
                try:
                    pending[self.executor.submit(_within, self.timeout, job.call, *job.arguments)] = job
                except Exception:  # it is broken, was shut down, or lost its cluster
                    failed.append(job)
                    failed.extend(self._renewed(pending))
            if self.executor is None and not pending:
                break
            done, _ = wait(pending, timeout=PATIENCE * self.timeout, return_when=FIRST_COMPLETED)
            if not done and pending:  # nobody has finished anything for very long
                failed.extend(self._renewed(pending))
            broken = False
            for future in done:
                job = pending.pop(future)
                try:
                    yield job, [future.result()]
                except (BrokenExecutor, OSError):
                    broken = True
                    failed.append(job)
                except (Exception, TooLongError):  # whatever it was, its parts will tell
                    failed.append(job)
            if broken:
                failed.extend(self._renewed(pending))
            while failed:
                job = failed.popleft()
                yield job, self._again(job)
        yield from self._here(jobs)  # what is left where nothing is left to work on

    def _again(self, job: Job) -> list[Any]:
        """The results of a job that did not end well: each part in a process that it can take down."""
        from concurrent.futures import BrokenExecutor
        from concurrent.futures import TimeoutError as Late

        found: list[Any] = []
        alone: Executor | None = None
        waiting = deque(_parts(job))
        while waiting:
            part = waiting.popleft()
            alone = alone or _processes(1)
            try:
                future = alone.submit(_within, self.timeout, part.call, *part.arguments)
                found.append(future.result(PATIENCE * self.timeout))
                continue
            except (Late, TooLongError):
                reason = f"grading it took longer than {self.timeout:g} seconds"
            except BrokenExecutor:
                reason = "grading it ended the process that did so"
            except Exception:  # whatever it is, it may cost one submission and none of the others of its part
                if part.parts is None:
                    raise
                waiting.extendleft(reversed(_parts(part)))
                continue
            _end(alone)
            alone = None
            if part.parts is not None:
                waiting.extendleft(reversed(_parts(part)))
            elif part.failed is not None:
                found.append(part.failed(reason))
            else:
                raise RuntimeError(reason)
        if alone is not None:
            _end(alone)
        return found

    def _renewed(self, pending: dict[Future[Any], Job]) -> list[Job]:
        """Another pool of our own in the place of one that is broken; the jobs that were lost with it.

        What was handed to us is not ours to renew: what is left is done here.
        """
        lost = list(pending.values())
        for future in pending:
            future.cancel()
        pending.clear()
        if self.executor is not None and not self.given:
            _end(self.executor)
            self.executor = _processes(self.jobs)
        else:
            self.executor, self.given = None, False
        return lost


def _parts(job: Job) -> Sequence[Job]:
    """What a job falls into: itself where it cannot be divided."""
    return job.parts() if job.parts is not None else [job]


class TooLongError(BaseException):
    """What is done here has taken longer than it may. No Exception, for whoever is interrupted may catch those."""


def _within(seconds: float, call: Callable[..., Any], *arguments: object) -> Any:
    """In a worker: what `call` gives, if it does not compute for longer."""
    with _limited(seconds):
        return call(*arguments)


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Within it, what computes for longer is interrupted, where this system and this thread can be."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: object) -> None:
        raise TooLongError

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _processes(count: int) -> ProcessPoolExecutor:
    import multiprocessing
    import warnings
    from concurrent.futures import ProcessPoolExecutor

    # a forked worker starts at once; elsewhere it has to import everything again
    method = "fork" if sys.platform == "linux" else "spawn"
    with warnings.catch_warnings():
        # numpy's own threads, which hold no lock while nothing is computed
        warnings.filterwarnings("ignore", message=".*fork.*", category=DeprecationWarning)
        return ProcessPoolExecutor(count, multiprocessing.get_context(method), _end_with_parent)


def _end_with_parent() -> None:
    """In a worker: end when the process that started it does, however that ends; nobody else would end it."""
    import multiprocessing
    import os
    from multiprocessing.connection import wait

    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _end(executor: Executor) -> None:
    """End a pool of our own, whatever its workers are doing."""
    processes = list((getattr(executor, "_processes", None) or {}).values())
    executor.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.kill()
