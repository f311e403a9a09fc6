"""``panacea query --interactive``: one question after another, with completion and a history.

The only module that imports prompt_toolkit.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.filters import has_completions, is_searching
from prompt_toolkit.history import History
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from panacea_policy.cli import exits
from panacea_policy.cli.completion import Completions, first, is_complete
from panacea_policy.cli.output import Terminal, note, write_result
from panacea_policy.errors import PanaceaError
from panacea_policy.language.store import read_blob, write_blob

if TYPE_CHECKING:
    from panacea_policy.compiler import Workspace

#: Rows shown of one answer.
MAX_ROWS = 100
#: Suggestions shown at once.
MAX_SUGGESTIONS = 200
#: Questions kept, and how long each may be.
MAX_HISTORY, MAX_LENGTH = 1_000, 4_000
HISTORY = "questions.json"

GREETING = "Ask in the words of a rule, such as `zone z where z.trust < 2`. :help has more, Ctrl-D leaves."


class Questions(History):
    """The history of questions, in the user's cache folder, readable by the user alone. Where the folder
    cannot be written the history ends with the session.
    """

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__()
        self._folder = folder

    def load_history_strings(self) -> Iterable[str]:
        """Kept questions, the newest first."""
        return reversed(self._read())

    def store_string(self, string: str) -> None:
        """Keep a question: the file is replaced as a whole, and another session's questions stay in it."""
        if len(string) > MAX_LENGTH:
            return
        kept = [each for each in self._read() if each != string]
        text = json.dumps([*kept, string][-MAX_HISTORY:], ensure_ascii=False, indent=0)
        write_blob(HISTORY, text.encode(), self._folder)

    def _read(self) -> list[str]:
        try:
            known = json.loads(read_blob(HISTORY, self._folder) or b"[]")
        except ValueError:
            return []
        kept = known if isinstance(known, list) else []
        return [each for each in kept if isinstance(each, str) and len(each) <= MAX_LENGTH][-MAX_HISTORY:]


class _Suggest(Completer):
    """Our suggestions, as the terminal wants them."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """What may come behind the text before the cursor."""
        suggestions = self._session.completions.after(document.text_before_cursor)
        for each in first(suggestions, MAX_SUGGESTIONS):
            yield Completion(each.text, -each.back, display_meta=each.meta)


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the session: what it takes, what it does, and what help says of it."""

    takes: str
    says: str
    run: Callable[[Session, str], bool]


class Session:
    """One interactive session over some paths."""

    def __init__(
        self, workspace: Workspace, reopen: Callable[[], Workspace | None], terminal: Terminal
    ) -> None:
        """``reopen`` reads the files anew; None where they have errors, which it has shown."""
        self.workspace = workspace
        self._reopen = reopen
        self.terminal = terminal
        self.completions = self._completions()

    def run(self, history: History | None = None) -> int:
        """Ask until the person leaves; gives the exit code."""
        prompt: PromptSession[str] = PromptSession(
            "? ",
            completer=_Suggest(self),
            complete_in_thread=False,
            history=history if history is not None else Questions(),
            key_bindings=_keys(self),
            multiline=True,
            prompt_continuation="… ",
        )
        note(GREETING)
        while True:
            try:
                text = prompt.prompt().strip()
            except KeyboardInterrupt:
                continue
            except EOFError:
                return exits.OK
            if text and not self.answer(text):
                return exits.OK

    def answer(self, text: str) -> bool:
        """Do what a line says; False where it ends the session. Whatever is wrong is shown, never raised."""
        try:
            if text.startswith(":"):
                return self._command(text)
            self._ask(text)
        except PanaceaError as error:
            note(f"{error.message}\n  help: {error.help}" if error.help else error.message)
        except KeyboardInterrupt:
            note("interrupted")
        return True

    # ------------------------------------------------------------------------------------------ commands

    def _command(self, text: str) -> bool:
        name, _, rest = text.partition(" ")
        command = COMMANDS.get(name)
        if command is None:
            from panacea_policy.language import suggest

            near = suggest(name, COMMANDS)
            raise PanaceaError(
                f"there is no command `{name}`", f"did you mean `{near}`?" if near else ":help lists them"
            )
        if command.takes and not rest.strip():
            raise PanaceaError(f"`{name}` takes {command.takes}")
        return command.run(self, rest.strip())

    def help(self, _: str) -> bool:
        """List the commands."""
        width = max(len(f"{name} {command.takes}") for name, command in COMMANDS.items())
        lines = [f"{name} {each.takes}".ljust(width) + f"  {each.says}" for name, each in COMMANDS.items()]
        lines += [
            "",
            "Everything else is a question: KIND NAME, … where CONDITIONS. Tab completes, the arrows go",
            "through earlier questions, Ctrl-R searches them. Enter goes on where something is still open.",
        ]
        write_result("\n".join(lines), None)
        return True

    def explain(self, subject: str) -> bool:
        """Show a proof."""
        from panacea_policy.cli.explain import proofs_text

        self._showing(lambda: write_result(proofs_text(self.workspace, subject, self.terminal), None))
        return True

    def reload(self, _: str) -> bool:
        """Read the files anew; with errors in them, the model as it was stays."""
        workspace = self._reopen()
        if workspace is None:
            note("the model as it was is kept")
            return True
        self.workspace = workspace
        self.completions = self._completions()
        note("read anew")
        return True

    def quit(self, _: str) -> bool:
        """Leave."""
        return False

    # ------------------------------------------------------------------------------------------ internals

    def _ask(self, text: str) -> None:
        from panacea_policy.cli.query import plain, table
        from panacea_policy.cli.session import plural

        def show() -> None:
            result = self.workspace.query(text)
            rows = [tuple(map(plain, row)) for row in result.rows[:MAX_ROWS]]
            write_result(table(result.columns, rows, self.terminal), None)
            more = f" (the first {MAX_ROWS} are shown)" if len(result.rows) > MAX_ROWS else ""
            note(plural(len(result.rows), "row") + more)

        self._showing(show)

    def _showing(self, show: Callable[[], None]) -> None:
        """Do something; what is wrong with the question or the model is shown with its place."""
        from panacea_policy.cli.session import refuse
        from panacea_policy.compiler import QueryError, WorkspaceError

        try:
            show()
        except QueryError as error:
            refuse({error.source.name: error.source}, error.diagnostics, self.terminal)
        except WorkspaceError as error:
            refuse(self.workspace.sources, error.diagnostics, self.terminal, self.workspace.root)

    def _completions(self) -> Completions:
        says = {name: command.says for name, command in COMMANDS.items()}
        return Completions(self.workspace.registry, self.workspace.offered(), says)


#: The commands by name.
COMMANDS: Mapping[str, Command] = {
    ":help": Command("", "this list", Session.help),
    ":explain": Command("FACT", "why a fact such as reaches(a, b, p), or a finding, holds", Session.explain),
    ":reload": Command("", "read the files anew, after an edit", Session.reload),
    ":quit": Command("", "leave, as Ctrl-D does", Session.quit),
}


def _keys(session: Session) -> KeyBindings:
    """Enter asks a question that may be finished, or is followed by an empty line; else it goes on. Tab
    writes what all suggestions begin with, and lists them where there are several.
    """
    keys = KeyBindings()

    @keys.add("tab", filter=~has_completions & ~is_searching)
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        found = first(session.completions.after(buffer.document.text_before_cursor), MAX_SUGGESTIONS)
        added = _added([each.text[each.back :] for each in found])
        if len(found) == 1:
            # As the name is written, whatever the case of what was typed.
            buffer.delete_before_cursor(found[0].back)
            buffer.insert_text(found[0].text)
        elif added:
            buffer.insert_text(added)
        elif found:
            buffer.start_completion(select_first=False)

    @keys.add("enter", filter=~is_searching & ~has_completions)
    def _(event: KeyPressEvent) -> None:
        _enter(event)

    @keys.add("enter", filter=has_completions & ~is_searching)
    def _(event: KeyPressEvent) -> None:
        state = event.current_buffer.complete_state
        if state is not None and state.current_completion is not None:
            # The one that was chosen is in the text already: Enter only closes the list.
            event.current_buffer.complete_state = None
        else:
            event.current_buffer.cancel_completion()
            _enter(event)

    return keys


def _added(endings: Sequence[str]) -> str:
    """What all endings begin with."""
    shortest = min(endings, key=len, default="")
    length = next(
        (i for i, sign in enumerate(shortest) if any(each[i] != sign for each in endings)), len(shortest)
    )
    return shortest[:length]


def _enter(event: KeyPressEvent) -> None:
    buffer = event.current_buffer
    if is_complete(buffer.text) or buffer.document.current_line.strip() == "":
        buffer.validate_and_handle()
    else:
        buffer.insert_text("\n")


def run_interactive(paths: Sequence[Path], as_of: datetime.date | None, terminal: Terminal) -> int:
    """Open the paths and ask until the person leaves; gives the exit code."""
    from panacea_policy.cli.session import open_sound_workspace

    def reopen() -> Workspace | None:
        return open_sound_workspace(paths, as_of, terminal)

    workspace = reopen()
    if workspace is None:
        return exits.WRONG
    return Session(workspace, reopen, terminal).run()
