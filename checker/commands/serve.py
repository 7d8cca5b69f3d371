"""`check-backprop serve`: its arguments, which address it listens on, and when it stops."""

from __future__ import annotations

import ipaddress
import logging
import signal
import socket
import sys
from argparse import ArgumentTypeError
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from checker.errors import AuthorError, Finding

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from types import FrameType

PORT = 8000
THREADS = 32  # they wait for workers; what costs time is done there
CONNECTIONS = 200
IDLE = 30  # seconds after which a connection that says nothing is closed
LONGEST_HEAD = 64 * 1024  # bytes of a request's line and headers


def configure(parser: ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "--port", metavar="N", type=_port, default=PORT, help=f"default {PORT}; 0 takes any that is free"
    )
    parser.add_argument("--problems", metavar="DIR", type=Path, help="offer the problems of this folder too")
    parser.add_argument("--host", metavar="ADDRESS", default="127.0.0.1", help="the address to listen on")
    parser.add_argument(
        "--listen-on-network",
        action="store_true",
        help="let other machines use the page: needed where --host is not this machine's own loopback address",
    )
    parser.add_argument(
        "--allow-name", metavar="NAME", action="append", default=[], help="a name that the page may be asked under"
    )


def run(options: Namespace) -> int:
    """Serve until interrupted; 0 then."""
    try:
        import flask  # noqa: F401
        from waitress.server import create_server
    except ImportError:
        what = "the page needs Flask and waitress, which are not installed"
        raise AuthorError(Finding(what, None, "run `pip install 'check-backprop[web]'`")) from None
    if options.problems is not None and not options.problems.is_dir():
        what = f"--problems {options.problems}: there is no such folder"
        raise AuthorError(Finding(what, None, "give the folder of your problems"))
    bound = listen(options.host, options.port, anywhere=options.listen_on_network)
    host, port = bound.getsockname()[:2]
    from checker.web.app import NAMES, create_app
    from checker.web.workers import Workers

    logging.basicConfig(stream=sys.stderr, format="%(message)s", level=logging.WARNING)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # that somebody waits a moment is no news
    with suppress(ValueError):  # not in the main thread
        signal.signal(signal.SIGTERM, _interrupt)
    workers = Workers(warm="jobs:warm")
    try:
        names = {*NAMES, *(name.lower() for name in options.allow_name)}
        if options.listen_on_network:
            names.add(socket.gethostname().lower())
        server = create_server(
            create_app(workers, names, port, options.problems),
            sockets=[bound],
            threads=THREADS,
            connection_limit=CONNECTIONS,
            channel_timeout=IDLE,
            cleanup_interval=5,
            max_request_header_size=LONGEST_HEAD,
            max_request_body_size=2 * 1024 * 1024,
            ident="check-backprop",
        )
        shown = f"[{host}]" if ":" in host else host
        sys.stdout.write(f"The page is at http://{shown}:{port}/ (Ctrl+C stops it)\n")
        sys.stdout.flush()
        server.run()
    finally:
        workers.close()
    return 0


def listen(host: str, port: int, *, anywhere: bool) -> socket.socket:
    """A socket bound to the address.

    Raises:
        AuthorError: it is no address of this machine, it is taken, or other machines could reach it and nobody said
            that they may.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise AuthorError(Finding(f"--host {host!r} is no address", None, "leave it out for 127.0.0.1")) from None
    family, kind, protocol, _, address = found[0]
    if not anywhere and not all(ipaddress.ip_address(str(each[4][0]).partition("%")[0]).is_loopback for each in found):
        raise AuthorError(
            Finding(
                f"--host {host} lets other machines use the page",
                None,
                "add --listen-on-network if that is meant, or leave --host out",
            )
        )
    bound = socket.socket(family, kind, protocol)
    try:
        if sys.platform != "win32":
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        bound.close()
        what = f"port {port} of {host} cannot be used: {error.strerror or error}"
        raise AuthorError(Finding(what, None, "choose another with --port, or 0 for any that is free")) from None
    return bound


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65_535):
        raise ArgumentTypeError(f"{text!r} is not a port from 0 to 65535")
    return int(text)


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
