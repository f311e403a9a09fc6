"""Reading YAML of strangers: no objects are built, sizes, depth and aliases are bounded."""

from __future__ import annotations

from pathlib import Path

#: How deep a document may be nested, and how many aliases and nodes it may have.
MOST_DEPTH = 64
MOST_ALIASES = 1_000
MOST_NODES = 500_000


class YamlProblem(Exception):
    """A document that cannot be read: where, why, and what to do."""

    def __init__(self, place: str, message: str, help: str) -> None:
        super().__init__(f"{place}: {message}")
        self.place, self.message, self.help = place, message, help


def load_yaml(path: Path, most: int) -> object:
    """The values of a YAML file of at most ``most`` bytes. Raises :class:`YamlProblem`."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise YamlProblem("$", f"the file cannot be read: {error.strerror}", "check its path") from None
    if len(data) > most:
        raise YamlProblem("$", f"the file is larger than {most // 1024 // 1024} MB", "split it")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise YamlProblem("$", "the file is not UTF-8", "save it as UTF-8") from None
    try:
        _bounded(text)
        loaded: object = YAML(typ="safe", pure=True).load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark is not None else "$"
        raise YamlProblem(place, f"no valid YAML: {error.problem or 'mistake'}", "correct it there") from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise YamlProblem("$", f"no valid YAML: {type(error).__name__}", "correct it") from None
    return loaded


def _bounded(text: str) -> None:
    """Go through the events first: what is too deep or multiplies itself is refused before it is built."""
    from ruamel.yaml import YAML
    from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, NodeEvent

    depth = aliases = nodes = 0
    for event in YAML(typ="safe", pure=True).parse(text):
        nodes += isinstance(event, NodeEvent)
        aliases += isinstance(event, AliasEvent)
        depth += isinstance(event, CollectionStartEvent)
        depth -= isinstance(event, CollectionEndEvent)
        if depth > MOST_DEPTH or aliases > MOST_ALIASES or nodes > MOST_NODES:
            mark = event.start_mark
            place = f"line {mark.line + 1}" if mark is not None else "$"
            raise YamlProblem(place, "nested too deeply, or more entries than are read", "simplify it")
