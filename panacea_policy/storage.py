"""Files that are either the old ones or the new ones, never half of each."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_atomically(path: str | os.PathLike[str], data: str | bytes) -> None:
    """Replace the file at ``path`` by ``data`` (texts as UTF-8), or leave it as it was.

    The data goes to a temporary file in the same folder, is flushed to the disk and renamed over the target,
    and the folder entry is flushed too. A reader, and whoever comes after a crash or a kill at any moment,
    sees the whole old or the whole new content. The permissions of an existing file are kept; a symbolic link
    is followed. A device or a pipe (`/dev/null`, `/dev/stdout`) is no file to be replaced: it is written to.

    Raises OSError when the folder is missing, full or not writable; only the temporary file was touched then,
    and that is removed.
    """
    target = Path(os.path.realpath(path))
    payload = data.encode("utf-8") if isinstance(data, str) else data
    if _takes_a_stream(path):
        with open(path, "wb") as stream:
            stream.write(payload)
        return
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name[:100]}.", suffix=".tmp", dir=target.parent)
    except OSError as error:  # it names the temporary file, which nobody asked for
        raise OSError(error.errno, error.strerror, str(path)) from error
    try:
        with os.fdopen(handle, "wb") as temporary:
            temporary.write(payload)
            temporary.flush()
            os.fsync(temporary.fileno())
        os.chmod(name, _mode(target))
        os.replace(name, target)
    except BaseException:
        _remove(name)
        raise
    _flush_folder(target.parent)


def read_bounded(path: str | os.PathLike[str], most: int) -> bytes:
    """What is in a file, pipe or device, if that is no more than ``most`` bytes.

    Raises OSError, with EFBIG for more: what a file says of its size before it is read need not be true.
    """
    with open(path, "rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return data


@contextmanager
def exclusive(path: Path, seconds: float = 0) -> Iterator[None]:
    """Hold a lock that ends with its process, however that ends.

    It is an exclusive transaction on an SQLite file that never holds anything: the operating system gives it
    up when the process ends, and it works wherever SQLite does. Raises TimeoutError where another process
    holds it for so long, OSError where the file cannot be made.
    """
    import sqlite3

    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    connection = sqlite3.connect(path, timeout=seconds, isolation_level=None)
    try:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise TimeoutError(f"another process holds {path}") from error
        yield
    finally:
        connection.close()


def _takes_a_stream(path: str | os.PathLike[str]) -> bool:
    """Whether a device or a pipe is there; whoever may rename in its folder would take it from everybody."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)


def _mode(target: Path) -> int:
    """The permissions that the new file gets: those of the old one, or what the umask grants."""
    try:
        return stat.S_IMODE(target.stat().st_mode)
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def _remove(name: str) -> None:
    try:
        os.unlink(name)
    except FileNotFoundError:
        return


def _flush_folder(folder: Path) -> None:
    """Make the renaming itself durable; Windows offers no such call on a folder and needs none."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
