"""Evaluations kept on disk: a check that follows the one before says what a check of its own would say."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy import caches
from panacea_policy.compiler import Workspace, kept_run
from panacea_policy.compiler.kept_run import KeptRuns, _Kept
from panacea_policy.compiler.places import builtin_folder
from panacea_policy.compiler.questions import Unknowns
from tests.compiler.test_kept import DAY, MODEL, RULES, fresh, told

pytestmark = pytest.mark.usefixtures("own_cache")


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PANACEA_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "clinic.panacea").write_text(MODEL)
    (folder / "rules.panacea").write_text(RULES)
    return folder


def process(folder: Path) -> tuple[object, Workspace]:
    """What a process says that keeps what it found, and its workspace."""
    opened = Workspace.open(folder, as_of=DAY)
    found = told(opened)
    opened.keep_run()
    return found, opened


def touched(opened: Workspace) -> set[str] | None:
    """The relations that a process could not take over; None where it followed nothing."""
    widest = opened._evaluation.widest
    assert widest is not None
    return widest.differences.touched if widest.differences is not None else None


def entries(folder: Path) -> list[Path]:
    return sorted((folder.parent / "cache" / "runs").glob("*"))


def test_a_check_follows_the_one_before(model: Path) -> None:
    first, opened = process(model)
    assert touched(opened) is None
    assert len(entries(model)) == 1
    again, opened = process(model)
    assert again == first
    assert touched(opened) == set()
    clinic = model / "clinic.panacea"
    clinic.write_text(MODEL.replace("trust: 0", "trust: 2"))
    found, opened = process(model)
    assert found == fresh(model) != first
    differing = touched(opened)
    assert differing is not None
    assert "zone.trust" in differing
    assert "kind device" not in differing


@pytest.mark.parametrize(
    ("old", "new", "taken"),
    [
        # Names that come or go leave the order of the others; one that changes places does not.
        ("device scale", "device balance in ward {}\ndevice scale", True),
        ("device scale in guest { keeps_health_data: false }\n", "", True),
        ("device pump : infusion_pump in ward", "device pump : infusion_pump in guest", True),
        (
            "zone ward { trust: 3 }\nzone guest { trust: 0 }",
            "zone guest { trust: 0 }\nzone ward { trust: 3 }",
            False,
        ),
    ],
)
def test_symbols_may_get_other_numbers(model: Path, old: str, new: str, *, taken: bool) -> None:
    process(model)
    text = MODEL.replace(old, new)
    assert text != MODEL
    (model / "clinic.panacea").write_text(text)
    found, opened = process(model)
    assert found == fresh(model)
    differing = touched(opened)
    assert (differing is not None) == taken
    assert "kind protocol" not in (differing or set())


PARTS = {
    "trust": ("trust: 0", "trust: 2"),
    "health": ("keeps_health_data: true", "keeps_health_data: false"),
    "device": ("device scale", "device balance in ward {}\ndevice scale"),
    "gone": ("device scale in guest { keeps_health_data: false }\n", ""),
    "moved": ("infusion_pump in ward", "infusion_pump in guest"),
    "protocol": ("over http", "over https"),
    "carries": ("carries: [health_record]", "carries: []"),
    "asks": ("{ carries: [health_record] }", "{}"),
    "owner": ("keeps_health_data: true", "keeps_health_data: true  owner: nurse"),
    "stores": ("stores: [health_record]", "stores: [health_record]  internet_facing: true"),
    "order": (
        "zone ward { trust: 3 }\nzone guest { trust: 0 }",
        "zone guest { trust: 0 }\nzone ward { trust: 3 }",
    ),
}


@settings(max_examples=12, deadline=None)
@given(st.lists(st.sets(st.sampled_from(sorted(PARTS)), max_size=4), min_size=2, max_size=4))
def test_whatever_is_edited_it_says_what_a_fresh_check_says(steps: list[set[str]]) -> None:
    with tempfile.TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PANACEA_CACHE_DIR", f"{place}/cache")
        folder = Path(place, "model")
        folder.mkdir()
        (folder / "rules.panacea").write_text(RULES)
        for step in steps:
            text = MODEL
            for part in sorted(step):
                text = text.replace(*PARTS[part])
            (folder / "clinic.panacea").write_text(text)
            assert process(folder)[0] == fresh(folder)


def test_proofs_behind_questions_are_not_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "riverside"
    shutil.copytree(builtin_folder() / "models/riverside", folder)
    made: list[str] = []
    behind = Unknowns.behind

    def counted(self: Unknowns, relation: str, *rest: object) -> object:
        made.append(relation)
        return behind(self, relation, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Unknowns, "behind", counted)
    process(folder)
    every = len(made)
    devices = folder / "devices.panacea"
    text = devices.read_text()
    assert "works_offline: true" in text
    devices.write_text(text.replace("works_offline: true", "works_offline: false", 1))
    made.clear()
    found, opened = process(folder)
    few = len(made)
    assert found == fresh(folder)
    assert every > 20
    assert few < every / 4
    widest, differing = opened._evaluation.widest, touched(opened)
    assert widest is not None
    assert differing
    assert len(differing) < len(widest.relations) / 10
    (entry,) = entries(folder)
    assert kept_run._SHARE == 0.1
    before = entry.read_bytes()
    process(folder)
    assert entry.read_bytes() == before, "what says nearly the same is not written again"
    devices.write_text(text + "device another : flowline_two {}\n")
    found, opened = process(folder)
    assert found == fresh(folder)
    differing = touched(opened)
    assert differing is not None, "it is followed where a name came"
    assert len(widest.relations) / 10 < len(differing) < len(widest.relations) / 2
    assert entry.read_bytes() != before, "what says much else is"


def damaged(data: bytes) -> Iterator[bytes]:
    mark = kept_run._MARK
    yield b""
    yield data[:-1]
    yield data.replace(mark, b"panacea run 0\n", 1)
    start = len(mark) + caches._SEAL
    payload = data[start:]
    sound = msgspec.msgpack.decode(payload, type=_Kept)
    yield data[:start] + bytes([data[start] ^ 1]) + data[start + 1 :]
    others = [b"\x90", b"\xff" * 40, b"\x91" * 5_000]
    for change in (
        {"askings": b"\x91" * 5_000},
        {"askings": msgspec.msgpack.encode({"rule": 3})},
        {"symbols": b"\x91" * 5_000},
        {"symbols": msgspec.msgpack.encode([{}, {}])},
        {"result": msgspec.structs.replace(sound.result, sizes=b"")},
        {"result": msgspec.structs.replace(sound.result, relations=("nothing",))},
        {"result": msgspec.structs.replace(sound.result, symbols=np.full(9, 2**30, np.int32).tobytes())},
    ):
        others.append(msgspec.msgpack.encode(msgspec.structs.replace(sound, **change)))
    for other in others:
        yield mark + caches._seal(other) + other


def test_a_damaged_entry_is_none(model: Path) -> None:
    expected, _ = process(model)
    (path,) = entries(model)
    sound = path.read_bytes()
    for data in damaged(sound):
        path.write_bytes(data)
        assert process(model)[0] == expected
    path.unlink()
    process(model)
    assert path.read_bytes() == sound, "same inputs, same bytes"


def test_what_was_asked_before_is_not_kept(model: Path) -> None:
    """Symbols of questions would stand between those of the model."""
    process(model)
    shutil.rmtree(model.parent / "cache" / "runs")
    opened = Workspace.open(model, as_of=DAY)
    opened.query('device d where d.hostname = "a text that nobody else says"')
    told(opened)
    opened.keep_run()
    assert entries(model) == []
    assert process(model)[0] == fresh(model)


def test_models_of_other_folders_keep_their_own(model: Path) -> None:
    process(model)
    other = model.parent / "other"
    shutil.copytree(model, other)
    _, opened = process(other)
    assert touched(opened) is None
    assert len(entries(model)) == 2


def test_a_model_without_cache_keeps_nothing(model: Path) -> None:
    opened = Workspace.open(model, as_of=DAY, cache=False)
    told(opened)
    opened.keep_run()
    assert not (model.parent / "cache").exists()


def test_scenarios_and_edited_texts_are_kept_apart(model: Path) -> None:
    expected, _ = process(model)
    opened = Workspace.open(model, as_of=DAY)
    told(opened)
    opened.update(model / "clinic.panacea", MODEL.replace("trust: 0", "trust: 2"))
    told(opened)
    opened.keep_run()
    assert process(model)[0] == expected
    assert KeptRuns().folder == model.parent / "cache" / "runs"
