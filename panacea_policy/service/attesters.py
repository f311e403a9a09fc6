"""Whose signature counts when a change is checked: keys in the repository as they were before the change.

With a key of its own a change could sign whatever it likes. A key that the change brings counts only where
something from before speaks for it: a key that was there endorsed it, it signed what was certified there, or
somebody accepts it by name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from panacea_policy.errors import PanaceaError
from panacea_policy.storage import read_bounded

if TYPE_CHECKING:
    from panacea_policy.evidence import PublicKey
    from panacea_policy.service.history import Commit

_MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Attesters:
    """``now``: the keys whose signature counts on what a change brings. ``ever``: these and those before it,
    whose signature counts on what was there. ``notes``: what people should know of keys that changed.
    """

    now: tuple[PublicKey, ...] = ()
    ever: tuple[PublicKey, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Given:
    """A key that was named: where it is, what it is now, and what the commit has there, which need not be a
    key. ``inside``: whether it is in the repository.
    """

    path: Path
    key: PublicKey
    inside: bool
    data: bytes | None
    before: PublicKey | None

    @property
    def stands(self) -> bool:
        """Whether it is the key that the commit has, or one kept apart from the repository."""
        return not self.inside or (self.before is not None and self.before.raw == self.key.raw)


def attesters(
    keys: Sequence[Path],
    commit: Commit | None,
    certified: bytes | None,
    accepted: Collection[str],
    shown: Callable[[Path], str],
) -> Attesters:
    """The keys in some files (PEM), those in the repository held against a commit.

    ``certified``: the signed result that the commit has; ``accepted``: ids of keys that somebody answers for;
    ``shown`` writes a path for a message. Raises PanaceaError for a key that nothing from before speaks for.
    """
    if not keys:
        return Attesters()
    given = [_given(path, commit) for path in keys]
    standing = [each.key for each in given if each.stands]
    standing += [each.before for each in given if not each.stands and each.before is not None]
    notes = []
    for each in given:
        if commit is None or each.stands:
            continue
        why = _spoken_for(each, standing, certified, accepted)
        if why is None:
            raise _refused(each, commit, shown(each.path))
        told = "is another key than that of" if each.data is not None else "is a key that is not in"
        if why:
            notes.append(f"`{shown(each.path)}` {told} {commit}: {why}")
    now = [each.key for each in given]
    return Attesters(tuple(now), (*now, *standing), tuple(notes))


def endorsement_of(key: Path) -> Path:
    """Where the endorsement of the key in a file is looked for."""
    return key.with_name(f"{key.name}.endorsed.dsse.json")


def _given(path: Path, commit: Commit | None) -> _Given:
    try:
        from panacea_policy.evidence import read_public_key
        from panacea_policy.evidence.keys import public_key
    except ImportError as error:
        help = "In the checkout: pip install '.[evidence]'"
        raise PanaceaError(f"to check signatures takes the package `{error.name}`", help) from None
    key = read_public_key(path)
    place = commit.place(path) if commit is not None else None
    if commit is None or place is None:
        return _Given(path, key, False, None, None)
    data = commit.file(place)
    try:
        before = public_key(data, str(path)) if data is not None else None
    except PanaceaError:
        before = None
    return _Given(path, key, True, data, before)


def _spoken_for(
    each: _Given, standing: Sequence[PublicKey], certified: bytes | None, accepted: Collection[str]
) -> str | None:
    """What from before speaks for a key that the commit does not have there, as a note; None where nothing
    does.
    """
    from panacea_policy.evidence import EvidenceError, read_envelope
    from panacea_policy.evidence.endorsements import require_endorsed

    if each.key.id in accepted:
        return "accepted by --accept-key"
    if any(key.raw == each.key.raw for key in standing):
        return "the same key was elsewhere"
    if each.data is None and certified is None:
        return ""  # nothing was certified before
    if each.data is None and certified is not None and read_envelope(certified).signers([each.key]):
        return "it signed what is certified there"
    try:
        require_endorsed(read_bounded(endorsement_of(each.path), _MOST_BYTES), each.key, standing)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PanaceaError(f"`{endorsement_of(each.path)}` cannot be read: {error.strerror}") from None
    except EvidenceError as error:
        raise PanaceaError(
            f"`{endorsement_of(each.path)}`: {error.message}", _CURE.format(each.key.id)
        ) from None
    return "endorsed by the key before it"


_CURE = (
    "have the key before it sign the new one (`panacea evidence endorse NEW.pub.pem --key OLD.pem`), or, "
    "where that one is lost, answer for it: --accept-key {}"
)


def _refused(each: _Given, commit: Commit, shown: str) -> PanaceaError:
    if each.data is not None:
        told = (
            f"`{shown}` is another key than that of {commit}: with its own key a change could sign anything"
        )
    else:
        told = f"`{shown}` is not in {commit}, and did not sign what is certified there"
    return PanaceaError(told, _CURE.format(each.key.id))
