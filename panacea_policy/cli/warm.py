"""A process that stays behind a command and answers the next one at once: what is read and compiled is kept.

The command forks when its own answer is out; nothing is started anew. The process listens on a socket that
only this user can reach, in the cache folder, and ends when nobody asked for a while. Whatever goes wrong
with it costs time and nothing else: the caller then works as if there were none. Messages are JSON.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import json
import os
import socket
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from panacea_policy.caches import cache_folder

#: Seconds without a question after which the process ends, and the most that a caller waits for an answer.
IDLE = 900
WAIT = 60
#: After so many seconds it looks whether it can still be reached.
_LOOK = 20
#: Names once seen are never forgotten by a process: after so many answers it ends, and a new one follows.
_MOST_ANSWERS = 500
_MOST_BYTES = 64 * 1024 * 1024

Message = dict[str, Any]
#: Gives the answer to a question, or None where the process can not be trusted any more.
Serve = Callable[[Message], Message | None]


def available() -> bool:
    """Whether this system has what it takes."""
    return hasattr(os, "fork") and hasattr(socket, "AF_UNIX")


def ask(name: str, question: Message) -> Message | None:
    """The answer of the process of that name; None where there is none, or it has no answer."""
    try:
        with _inside(), socket.socket(socket.AF_UNIX) as line:
            line.settimeout(WAIT)
            line.connect(_file(name))
            line.sendall(json.dumps(question).encode())
            line.shutdown(socket.SHUT_WR)
            found = json.loads(_received(line))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def stay_after(name: str, serve: Serve) -> None:
    """Leave a process behind that serves that name, once this one has printed all and ends."""
    atexit.register(_fork, name, serve)


def _fork(name: str, serve: Serve) -> None:
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
        if os.fork() == 0:
            try:
                _serve(name, serve)
            finally:
                os._exit(0)


def _serve(name: str, serve: Serve) -> None:
    os.setsid()
    # Cycles are collected between two answers, when nobody waits.
    gc.freeze()
    gc.disable()
    # Whoever reads what the command printed waits until nobody can write there any more.
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.closerange(3, 1024)
    with socket.socket(socket.AF_UNIX) as listener:
        with _inside():
            with contextlib.suppress(FileNotFoundError):
                os.unlink(_file(name))
            listener.bind(_file(name))
            mine = os.stat(_file(name)).st_ino
        listener.listen(8)
        listener.settimeout(_LOOK)
        try:
            for _ in range(_MOST_ANSWERS):
                line = _next(listener, lambda: _is_mine(name, mine))
                if line is None or not _answered(line, serve):
                    return
                gc.collect()
        finally:
            if _is_mine(name, mine):
                with _inside(), contextlib.suppress(OSError):
                    os.unlink(_file(name))


def _is_mine(name: str, inode: int) -> bool:
    """Whether callers still come here: of two processes of one name the later one has the socket."""
    try:
        with _inside():
            return os.stat(_file(name)).st_ino == inode
    except OSError:
        return False


def _next(listener: socket.socket, wanted: Callable[[], bool]) -> socket.socket | None:
    """The next caller; None when nobody came for a while, or nobody can."""
    for _ in range(IDLE // _LOOK):
        try:
            return listener.accept()[0]
        except TimeoutError:
            if not wanted():
                return None
        except OSError:
            return None
    return None


def _answered(line: socket.socket, serve: Serve) -> bool:
    """Whether the process goes on after a question."""
    with line:
        line.settimeout(WAIT)
        try:
            question = json.loads(_received(line))
            answer = None if "end" in question else serve(question)
            if answer is not None:
                line.sendall(json.dumps(answer).encode())
            return answer is not None
        except Exception:
            # Whatever it is, the caller meets it too, and says it.
            return False


def _received(line: socket.socket) -> bytes:
    parts, size = [], 0
    while part := line.recv(1 << 16):
        parts.append(part)
        size += len(part)
        if size > _MOST_BYTES:
            raise ValueError("too long")
    return b"".join(parts)


def _file(name: str) -> str:
    return f"{name[:32]}.socket"


@contextlib.contextmanager
def _inside() -> Iterator[None]:
    """In the folder of the sockets: their whole paths may be longer than a socket's name can be.

    Raises OSError where others than this user could reach them.
    """
    folder = cache_folder().absolute() / "warm"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    status = os.lstat(folder)
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise PermissionError(f"{folder} is not this user's alone")
    here = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(here)
