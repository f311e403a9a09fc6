"""The table of commands: what `panacea --help` shows without importing any of them."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import click

#: name -> (module under panacea_policy.cli, its help in a sentence). The function there is called `command`.
COMMANDS: dict[str, tuple[str, str]] = {
    "assess": ("assess", "Assess a model: findings, clauses and risk in one report folder."),
    "check": ("check", "Find mistakes, design threats and violated clauses in a model."),
    "comply": ("comply", "Judge a model clause by clause, by the law of one day."),
    "evidence": ("evidence", "Sign what was found; log, bundle and verify it for auditors."),
    "design": ("design", "Make the secure design file of one system or device."),
    "pack": ("pack", "Make, check, sign and install packs of rules."),
    "fmt": ("fmt", "Put source files into their standard form."),
    "test": ("test", "Run the tests written in the language."),
    "query": ("query", "Ask the model a question in the words of a rule."),
    "explain": ("explain", "Show why a finding or a fact holds, or why not."),
    "prove": ("prove", "Answer a question about rules or access over all models."),
    "risk": ("risk", "Simulate attacks: how likely, how bad, who, and by which way."),
    "mitigate": ("mitigate", "Choose controls under a budget, and say what they bring."),
    "graph": ("graph", "Draw zones, data flows, the likely attack or what care needs."),
    "feed": ("feed", "Take in advisories, scans and events, and say what they change."),
    "init": ("init", "Start a model folder: a worked example, a hook and a CI snippet."),
    "import": ("importing", "Turn another tool's model or inventory into *.panacea files."),
    "export": ("exporting", "Write a model or its attack graph in another tool's format."),
    "schema": ("schema", "Print the JSON Schemas of the outputs, or what a kind can say."),
}


class Commands(click.Group):
    """A group that imports a command's module only when that command runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"panacea_policy.cli.{COMMANDS[cmd_name][0]}")
        command = module.command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            ctx.fail(f"there is no command `{args[0]}`{_hint(args[0])}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_summaries()))


def _summaries() -> Iterator[tuple[str, str]]:
    for name, (_, summary) in COMMANDS.items():
        yield name, summary


def _hint(word: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word, COMMANDS, n=1)
    return f"; did you mean `{near[0]}`?" if near else ""
