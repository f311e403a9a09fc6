"""Keys, ledgers in SQLite and in a real PostgreSQL, and a time-stamping authority made with openssl."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from panacea_policy.evidence import Envelope, Ledger, SigningKey, seal
from panacea_policy.evidence.statements import Resource, simple_result

DAY = datetime(2026, 11, 23, 12, tzinfo=UTC)
ORIGIN = "house.example/evidence"
MODEL = "ab" * 32

_numbers = itertools.count()


def statement(number: int, *, model: str = MODEL, time: datetime = DAY) -> dict[str, object]:
    """A sound statement; another one for each number."""
    return simple_result(
        [Resource("model", model)],
        [Resource("packs.nis2", "cd" * 32)],
        verifier="urn:panacea-policy:test",
        time=time,
        properties=[f"PANACEA_{number}"],
    )


def envelopes(count: int, key: SigningKey, first: int = 0) -> list[Envelope]:
    """Signed statements, all different."""
    return [seal(statement(number), [key]) for number in range(first, first + count)]


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PANACEA_STATE_DIR", str(tmp_path / "state"))
    for variable in ("PANACEA_LEDGER", "PANACEA_KEY_PASSPHRASE"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture(scope="session")
def key() -> SigningKey:
    """The attester's key."""
    return SigningKey.new()


@pytest.fixture(scope="session")
def log_key() -> SigningKey:
    """The log's key."""
    return SigningKey.new()


def _postgres_binaries() -> Path | None:
    """The folder with initdb and postgres: on the PATH, or where Debian puts them."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return places[-1].parent if places else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server of our own, on a socket, without the name of a database."""
    binaries = _postgres_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed")
    # It refuses to run as root; a socket's path must be short.
    user = "postgres" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="pg", dir="/tmp") as folder:
        if user is not None:
            shutil.chown(folder, user)
        run = {"user": user, "cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        data = f"{folder}/data"
        subprocess.run([binaries / "initdb", "-D", data, "-U", "auditor", "-A", "trust"], check=True, **run)
        options = f"-k {folder} -c listen_addresses='' -c max_connections=40"
        start = [binaries / "pg_ctl", "-D", data, "-o", options, "-w", "-l", f"{folder}/log", "start"]
        subprocess.run(start, check=True, **run)
        try:
            yield f"postgresql+psycopg://auditor@/{{name}}?host={folder}"
        finally:
            subprocess.run([binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop"], check=True, **run)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a ledger can be made: a file, then a database."""
    if request.param == "sqlite":
        return str(tmp_path / "ledger.sqlite")
    import sqlalchemy as sa

    server: str = request.getfixturevalue("postgres")
    name = f"ledger{next(_numbers)}"
    engine = sa.create_engine(server.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return server.format(name=name)


@pytest.fixture
def ledger(place: str) -> Iterator[Ledger]:
    """An empty ledger."""
    with Ledger.open(place, create=ORIGIN) as made:
        yield made


class Authority:
    """A time-stamping authority (RFC 3161) in a folder, run by openssl."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "root.key", "-out", "root.pem",
                  "-days", "3650", "-subj", "/CN=Test root")  # fmt: skip
        self._ssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "tsa.key", "-out", "tsa.csr",
                  "-subj", "/CN=Test authority")  # fmt: skip
        (folder / "tsa.ext").write_text(
            "extendedKeyUsage = critical, timeStamping\nkeyUsage = critical, digitalSignature\n"
            "basicConstraints = critical, CA:FALSE\n"
        )
        self._ssl("x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key",
                  "-CAcreateserial", "-out", "tsa.pem", "-days", "3650", "-extfile", "tsa.ext")  # fmt: skip
        (folder / "serial").write_text("01\n")
        (folder / "tsa.cnf").write_text(
            "[tsa]\ndefault_tsa = t\n[t]\nserial = serial\ncrypto_device = builtin\nsigner_cert = tsa.pem\n"
            "signer_key = tsa.key\nsigner_digest = sha256\ndefault_policy = 1.2.3.4.1\n"
            "digests = sha256\naccuracy = secs:1\nordering = yes\ntsa_name = yes\ness_cert_id_chain = no\n"
            "ess_cert_id_alg = sha256\n"
        )

    @property
    def root(self) -> bytes:
        """The root certificate (PEM)."""
        return (self.folder / "root.pem").read_bytes()

    def answer(self, request: bytes) -> bytes:
        """The answer to a request."""
        (self.folder / "q.tsq").write_bytes(request)
        self._ssl("ts", "-reply", "-config", "tsa.cnf", "-queryfile", "q.tsq", "-out", "a.tsr")
        return (self.folder / "a.tsr").read_bytes()

    def _ssl(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A time-stamping authority."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def clock() -> Callable[[float], datetime]:
    """Moments by seconds after `DAY`."""
    return lambda seconds: DAY + timedelta(seconds=seconds)
