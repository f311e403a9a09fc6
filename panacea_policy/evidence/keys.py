"""Ed25519 keys (RFC 8032): made, kept in PEM files (RFC 8410), and named by a digest of the public key."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from panacea_policy.evidence.errors import EvidenceError
from panacea_policy.storage import read_bounded

_MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that signatures are checked with."""

    key: Ed25519PublicKey

    @property
    def raw(self) -> bytes:
        """The 32 bytes of the key."""
        return self.key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)

    @property
    def id(self) -> str:
        """SHA-256 of the key's SubjectPublicKeyInfo (DER) in hex: the `keyid` of DSSE signatures."""
        return hashlib.sha256(self.der).hexdigest()

    @property
    def der(self) -> bytes:
        """SubjectPublicKeyInfo (RFC 5280)."""
        return self.key.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def pem(self) -> bytes:
        """The same as PEM, as `openssl pkey -pubin` reads it."""
        return self.key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def verifies(self, signature: bytes, data: bytes) -> bool:
        """Whether this key made the signature over exactly these bytes."""
        try:
            self.key.verify(signature, data)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key. It never shows itself in a text."""

    _key: Ed25519PrivateKey

    @classmethod
    def new(cls) -> SigningKey:
        """A fresh key from the system's randomness."""
        return cls(Ed25519PrivateKey.generate())

    @property
    def public(self) -> PublicKey:
        """The key that others check with."""
        return PublicKey(self._key.public_key())

    def sign(self, data: bytes) -> bytes:
        """64 bytes; the same for the same data, whenever they are made."""
        return self._key.sign(data)

    def write(self, path: Path, passphrase: bytes | None = None) -> None:
        """Keep the key as PKCS#8 PEM that only its owner can read, under a passphrase where there is one.

        Raises EvidenceError where the file exists: a key is never replaced. Raises OSError.
        """
        lock: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if passphrase:
            lock = serialization.BestAvailableEncryption(passphrase)
        pem = self._key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise EvidenceError(
                f"`{path}` exists already", "a key is never replaced: choose another place"
            ) from None
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(pem)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:  # half of a key would be in the way of the next one
            path.unlink(missing_ok=True)
            raise

    def __repr__(self) -> str:
        return f"<signing key {self.public.id[:12]}…>"


def read_signing_key(path: Path, passphrase: bytes | None = None) -> SigningKey:
    """A private key from a PEM file. Raises EvidenceError with the reason, never with what is in the file."""
    data = _read(path)
    try:
        key = serialization.load_pem_private_key(data, passphrase)
    except TypeError:
        wrong = (
            "no passphrase was given" if passphrase is None else "a passphrase was given, but none is needed"
        )
        raise EvidenceError(f"`{path}` cannot be opened: {wrong}") from None
    except (ValueError, UnsupportedAlgorithm):
        raise EvidenceError(
            f"`{path}` is no private key in PEM form, or the passphrase is not the right one"
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise EvidenceError(f"`{path}` is no Ed25519 key", "`panacea evidence keygen` makes one")
    return SigningKey(key)


def read_public_key(path: Path) -> PublicKey:
    """A public key from a PEM file. Raises EvidenceError."""
    return public_key(_read(path), str(path))


def public_key(pem: bytes, what: str) -> PublicKey:
    """A public key from PEM text. Raises EvidenceError."""
    if b"PRIVATE KEY" in pem:
        raise EvidenceError(f"`{what}` is a private key", "give the public one: it ends in .pub.pem")
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise EvidenceError(f"`{what}` is no public key in PEM form") from None
    if not isinstance(key, Ed25519PublicKey):
        raise EvidenceError(f"`{what}` is no Ed25519 key")
    return PublicKey(key)


def _read(path: Path) -> bytes:
    try:
        return read_bounded(path, _MOST_BYTES)
    except OSError as error:
        raise EvidenceError(f"`{path}` cannot be read: {error.strerror}") from None
