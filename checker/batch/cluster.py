"""Work on a cluster: dask.distributed's executor, for a class that outgrows the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checker.errors import AuthorError, Finding

if TYPE_CHECKING:
    from concurrent.futures import Executor

PATIENCE = "20s"  # for a scheduler to answer


def connected(address: str) -> tuple[Any, Executor, int]:
    """The client of the scheduler at this address, its executor, and how many threads its workers have.

    Raises:
        AuthorError: dask.distributed is not installed, or nobody answers there.
    """
    try:
        import distributed
    except ImportError:
        mend = "install check-backprop[cluster]"
        raise AuthorError(Finding("--scheduler needs dask.distributed, which is not installed", None, mend)) from None
    start: Any = distributed.Client
    try:
        client = start(address, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        what = f"no scheduler answers at {address!r}: {error}"
        raise AuthorError(
            Finding(what, None, "start one with `dask scheduler`, and workers with `dask worker`")
        ) from None
    threads = sum(client.nthreads().values())
    # a task that has ended a worker is not tried on every other one: its submissions are tried alone
    return client, client.get_executor(pure=False, retries=1), max(1, threads)
