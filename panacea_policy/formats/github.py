"""GitHub workflow commands: annotations at the lines of a pull request."""

from __future__ import annotations

from panacea_policy.compiler import Verdict
from panacea_policy.formats.check_run import DIAGNOSTIC_LEVELS, LEVELS, CheckRun, Void, sentence
from panacea_policy.formats.places import Place

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def to_github(run: CheckRun) -> str:
    """One command a line: diagnostics and violations, worst first, as GitHub shows only ten of each level."""
    lines = [
        _command(
            _COMMANDS[DIAGNOSTIC_LEVELS[diagnostic.severity]],
            run.place(diagnostic.span),
            diagnostic.code,
            f"{diagnostic.message}\n{diagnostic.help}" if diagnostic.help else diagnostic.message,
        )
        for diagnostic in run.diagnostics
    ]
    lines += [f"::error title=certificate::{_data(f'{each}: {each.reason}')}" for each in _void(run)]
    for finding in sorted(run.findings, key=run.known):
        if finding.verdict is Verdict.VIOLATED:
            more = [*map(str, run.rows(finding)), *([finding.rule.remedy] if finding.rule.remedy else [])]
            known = run.known(finding)
            command = "notice" if known else _COMMANDS[LEVELS[finding.rule.severity]]
            title = (
                f"{finding.rule.title or finding.rule.name} ({finding.rule.id}{', known' if known else ''})"
            )
            lines.append(
                _command(command, run.place(finding.span), title, "\n".join([sentence(finding), *more]))
            )
    return "".join(line + "\n" for line in lines)


def _void(run: CheckRun) -> tuple[Void, ...]:
    return run.ratchet.void if run.ratchet is not None else ()


def _command(command: str, place: Place, title: str, message: str) -> str:
    properties = {
        "file": place.path,
        "line": str(place.line),
        "endLine": str(place.end_line),
        "col": str(place.column),
        "endColumn": str(place.end_column),
        "title": title,
    }
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{command} {listed}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
