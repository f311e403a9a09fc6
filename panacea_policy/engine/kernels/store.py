"""Keeps the compiled kernels in the user's cache folder.

Machine code that is read will run, so it must be code that this user has compiled: each file bears a code of
authentication under a key that lies outside the cache folder, where a cache restored from elsewhere does not
bring one along. A file that is damaged, foreign or of other versions counts as absent.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from panacea_policy.caches import cache_folder, read_blob, state_folder, write_blob
from panacea_policy.engine.kernels.build import Library

_KEY_BYTES = 32
_TAG_BYTES = 32
_MOST_BYTES = 4 << 20

#: The text that the engine's own kernels are made from.
SOURCES = (Path(__file__).with_name("source.py"),)


def read_library(sources: Sequence[Path] = SOURCES) -> Library | None:
    """The kernels of some source files, compiled before by this user for this processor and these versions;
    or None.
    """
    import hmac  # these are dear, and small runs need no kernels
    import json

    key = _key(make=False)
    data = read_blob(_name(sources), cache_folder() / "kernels") if key else None
    if key is None or data is None or not _TAG_BYTES < len(data) <= _MOST_BYTES:
        return None
    tag, body = data[:_TAG_BYTES], data[_TAG_BYTES:]
    if not hmac.compare_digest(tag, hmac.digest(key, body, "sha256")):
        return None
    header, _, code = body.partition(b"\n")
    return Library(json.loads(header), code)


def write_library(library: Library, sources: Sequence[Path] = SOURCES) -> bool:
    """Keeps the kernels of some source files for later runs; False when that cannot be."""
    import hmac
    import json

    key = _key(make=True)
    if key is None:
        return False
    body = json.dumps(library.symbols).encode() + b"\n" + library.code
    return write_blob(_name(sources), hmac.digest(key, body, "sha256") + body, cache_folder() / "kernels")


def can_write() -> bool:
    """Whether a library could be kept; tried with an empty file."""
    return _key(make=True) is not None and write_blob(".probe", b"", cache_folder() / "kernels")


def _name(sources: Sequence[Path]) -> str:
    """A name that differs wherever the machine code would."""
    import hashlib
    from importlib.metadata import PackageNotFoundError, version

    import llvmlite.binding as llvm

    parts = [file.read_bytes() for file in (*sources, Path(__file__).with_name("build.py"))]
    parts += [llvm.get_process_triple().encode(), llvm.get_host_cpu_name().encode()]
    parts += [llvm.get_host_cpu_features().flatten().encode(), platform.python_version().encode()]
    for package in ("numba", "llvmlite", "numpy"):
        with suppress(PackageNotFoundError):
            parts.append(f"{package} {version(package)}".encode())
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part)
    return f"{digest.hexdigest()}.kernels"


def _key_file() -> Path:
    """Where this user's key lies: with the state of programs, not with their caches."""
    return state_folder() / "kernels.key"


def _key(*, make: bool) -> bytes | None:
    """The key of this user on this machine, made when there is none yet; None when it cannot be kept."""
    file = _key_file()
    key = _read_key(file)
    if key is None and make:
        with suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Of two processes that come at once one makes the file, and both use what is in it then.
            temporary = file.with_name(f".{os.getpid()}.key")
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as out:
                out.write(os.urandom(_KEY_BYTES))
            try:
                os.link(temporary, file)
            except FileExistsError:
                pass
            finally:
                os.unlink(temporary)
        key = _read_key(file)
    return key


def _read_key(file: Path) -> bytes | None:
    """The key, unless others than this user could have written it."""
    try:
        state = file.stat()
        if os.name == "posix" and (state.st_uid != os.getuid() or state.st_mode & 0o077):
            return None
        key = file.read_bytes()
    except OSError:
        return None
    return key if len(key) == _KEY_BYTES else None
