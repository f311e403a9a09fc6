"""The committed state is read from git's objects, whatever the working tree and the repository look like."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from panacea_policy.service.history import HistoryError, commit_of, working_files
from tests.service.repository import Repository

WANTED = {".panacea", ".csv"}


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "house")
    made.write(model__a="zone one { }\n", model__below__b="zone two { }\n", other__c="zone three { }\n")
    (made.top / "model" / "rows.csv").write_bytes(b"id\r\n1\n")
    (made.top / "model" / "readme.md").write_text("no model\n")
    made.commit()
    return made


def test_files_of_a_folder_are_those_of_the_commit(repository: Repository) -> None:
    commit = commit_of(repository.top / "model")
    repository.write(model__a="zone changed { }\n", model__new="zone fresh { }\n")
    (repository.top / "model" / "rows.csv").unlink()
    files = commit.files(repository.top / "model", WANTED)
    assert files == {
        "a.panacea": b"zone one { }\n",
        "below/b.panacea": b"zone two { }\n",
        "rows.csv": b"id\r\n1\n",
    }
    assert set(commit.files(repository.top, WANTED)) >= {"model/a.panacea", "other/c.panacea"}
    assert commit.file(repository.top / "model" / "readme.md") == b"no model\n"
    assert commit.file(repository.top / "model" / "new.panacea") is None


def test_a_folder_that_was_not_there_is_empty(repository: Repository) -> None:
    (repository.top / "later").mkdir()
    assert commit_of(repository.top / "later").files(repository.top / "later", WANTED) == {}


def test_the_working_tree_once_committed_gives_the_same(repository: Repository) -> None:
    repository.write(model__a="zone changed { }\n", model__new="zone fresh { }\n")
    (repository.top / ".gitignore").write_text("ignored.panacea\n")
    repository.write(model__ignored="zone nobody { }\n")
    before = working_files(repository.top / "model", WANTED)
    repository.commit()
    assert before == commit_of(repository.top / "model").files(repository.top / "model", WANTED)
    assert "ignored.panacea" not in before


def test_links_and_hidden_folders_are_passed_over(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("secret\n")
    (repository.top / "model" / "link.csv").symlink_to(tmp_path / "secret.csv")
    repository.write(model__a="zone one { }\n")
    (repository.top / "model" / ".hidden").mkdir()
    (repository.top / "model" / ".hidden" / "x.csv").write_text("id\n")
    repository.commit()
    names = set(commit_of(repository.top).files(repository.top / "model", WANTED))
    assert names == {"a.panacea", "below/b.panacea", "rows.csv"}
    assert set(working_files(repository.top / "model", WANTED)) == names


def test_a_tree_made_by_hand_leads_nowhere_else(repository: Repository) -> None:
    """Git itself refuses to check such a tree out; its objects can be made all the same."""
    blob = repository.git("hash-object", "-w", "model/a.panacea").strip()
    inner = make_tree(repository, b"100644 evil.csv\0" + bytes.fromhex(blob))
    tree = make_tree(repository, b"40000 ..\0" + bytes.fromhex(inner))
    commit = repository.git("commit-tree", tree, "-m", "evil").strip()
    repository.git("update-ref", "HEAD", commit)
    assert commit_of(repository.top).files(repository.top, WANTED) == {}


def make_tree(repository: Repository, content: bytes) -> str:
    call = ["git", "-C", str(repository.top), "hash-object", "-w", "-t", "tree", "--literally", "--stdin"]
    return subprocess.run(call, input=content, capture_output=True, check=True).stdout.decode().strip()


def test_another_revision_means_where_the_work_since_began(repository: Repository) -> None:
    base = repository.git("rev-parse", "HEAD").strip()
    repository.git("checkout", "-q", "-b", "topic")
    repository.write(model__topic="zone topic { }\n")
    repository.commit()
    repository.git("checkout", "-q", "main")
    repository.write(model__mainly="zone mainly { }\n")
    repository.commit()
    repository.git("checkout", "-q", "topic")
    found = commit_of(repository.top, "main")
    assert found.oid == base
    assert "main" in str(found)
    assert base[:10] in str(found)


@pytest.mark.parametrize("revision", ["nowhere", "--output=x", "-h", "main; true"])
def test_no_such_revision(repository: Repository, revision: str) -> None:
    with pytest.raises(HistoryError, match="revision"):
        commit_of(repository.top, revision)


def test_before_the_first_commit_there_is_nothing(tmp_path: Path) -> None:
    made = Repository(tmp_path / "fresh")
    commit = commit_of(made.top)
    assert commit.oid is None
    assert commit.files(made.top, WANTED) == {}
    assert commit.file(made.top / "x") is None


def test_outside_of_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    with pytest.raises(HistoryError, match="no git repository"):
        commit_of(tmp_path)


def test_without_git(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(HistoryError, match="no git on the path"):
        commit_of(repository.top)


def test_the_variables_of_a_hook_do_not_mislead(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Repository(tmp_path / "other")
    other.write(x="zone x { }\n")
    other.commit()
    monkeypatch.setenv("GIT_DIR", str(other.top / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", "nothing")
    assert set(commit_of(repository.top).files(repository.top / "other", WANTED)) == {"c.panacea"}


def test_contents_of_any_bytes_come_back_whole(tmp_path: Path) -> None:
    made = Repository(tmp_path / "bytes")
    contents = {"a.csv": b"", "b.csv": b"\n\n", "c.csv": bytes(range(256)) * 3, "d e.csv": b"blob 3\nxyz"}
    for name, data in contents.items():
        (made.top / name).write_bytes(data)
    made.commit()
    assert commit_of(made.top).files(made.top, WANTED) == contents
