"""The stages of a workspace: what each is made of, what is kept, and what an edit makes again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar, cast

from panacea_policy.compiler.codes import Report
from panacea_policy.compiler.evaluation import Evaluation
from panacea_policy.compiler.kept import KeptPrograms, can_be_kept, key_of
from panacea_policy.compiler.kept_run import KeptRuns
from panacea_policy.compiler.layers import Layer, build_layer, currencies_of
from panacea_policy.compiler.meant import digest_of
from panacea_policy.compiler.model import Model
from panacea_policy.compiler.overlay import overlay_of
from panacea_policy.compiler.packages import FileUnit, Loader, Package, is_library
from panacea_policy.compiler.places import builtin_folder
from panacea_policy.compiler.program import Program
from panacea_policy.compiler.removal import Mentions
from panacea_policy.engine import Symbols
from panacea_policy.language import TreeCache
from panacea_policy.model import Currencies, Registry, vocabulary

if TYPE_CHECKING:
    from panacea_policy.compiler.delta import Change, Delta, Past

T = TypeVar("T")


class Libraries:
    """Packages of the installation, built once and shared by every workspace that stands on them."""

    def __init__(self, packages: tuple[Package, ...], layer: Layer, symbols: Symbols) -> None:
        self.packages = packages
        self.layer = layer
        self._symbols = symbols

    @cached_property
    def program(self) -> Program:
        """Their rules and relations, compiled when somebody needs them without a model's."""
        return Program(self.layer, self.layer.own, None, self._symbols)


class Stages:
    """From files to an evaluation: packages, libraries, layer, program. Each is made when first asked for.

    What two models share (parsed files, libraries, symbols) is built once, see :meth:`_share`.
    """

    def __init__(
        self,
        root: Path,
        files: Sequence[Path] | None,
        as_of: date,
        registry: Registry,
        cache: TreeCache | None,
        *,
        overlays: Mapping[Path, str] | None = None,
    ) -> None:
        """``files``: those of the root that count; all of them if None. ``overlays``: texts that stand in
        place of files, or beside them.
        """
        self.root = root
        self.as_of = as_of
        self.registry = registry
        self._files = list(files) if files is not None else None
        self._cache = cache
        self._texts: dict[Path, str] = dict(overlays or {})
        self._parsed: dict[Path, FileUnit] = {}
        self._shared: dict[Path, Package] = {}
        self._libraries: dict[tuple[str, ...], Libraries] = {}
        self._scenario: str | None = None
        self._base: Self | None = None
        self._known_program: tuple[object, Program] | None = None
        self._before: Evaluation | None = None
        self.symbols = Symbols()
        #: Where programs are kept, if they are, and the name under which this one would be.
        plain = cache is not None and registry is vocabulary()
        self._programs = KeptPrograms() if plain else None
        self._keeps_as: str | None = None
        #: The digest of a program that is kept, and how many symbols it has.
        self._kept_as: tuple[str, int] | None = None
        self._memo: dict[str, object] = {}
        #: The changes taken in.
        self._deltas: list[Delta] = []

    def update(self, path: str | Path, text: str | None) -> None:
        """Take an edited text in place of a file's (None: the file as it is on the disk again)."""
        key = (self.root / path).resolve()
        if text is None:
            self._texts.pop(key, None)
        else:
            self._texts[key] = text
        before = self._memo.get(f"evaluation {self.as_of}")
        if type(before) is Evaluation:  # one that is carried over changes its result in place
            self._before = before
        self._memo.clear()

    def _share(self, other: Stages) -> None:
        """Let another model have the files and libraries that are read and built already."""
        other._parsed = self._parsed
        other._shared = self._shared
        other._libraries = self._libraries
        other.symbols = self.symbols

    @property
    def model(self) -> Model:
        """Entities and their values."""
        return self._once("model", lambda: Model(self._layer, self._currencies))

    def _once(self, key: str, make: Callable[[], T]) -> T:
        if key not in self._memo:
            self._memo[key] = make()
        return self._memo[key]  # type: ignore[return-value]

    @property
    def _loaded(self) -> tuple[Loader, Package, Report]:
        def load() -> tuple[Loader, Package, Report]:
            report = Report()
            loader = Loader(builtin_folder(), self._cache, self._texts, self._parsed, self._shared, report)
            return loader, loader.load_root(self.root, self._files), report

        return self._once("loaded", load) if self._base is None else self._base._loaded

    @property
    def package(self) -> Package:
        """The package that was opened."""
        return self._loaded[1]

    @property
    def _currencies(self) -> Currencies:
        return self._once("currencies", lambda: currencies_of(self.package.files))

    @property
    def libraries(self) -> Libraries:
        """The packages of the installation that the model uses, built."""
        loader, root, _ = self._loaded
        packages = tuple(each for each in loader.packages if is_library(each, root))
        key = (*(str(each.folder) for each in packages), repr(self._currencies))
        known = self._libraries.get(key)
        if known is None:
            layer = build_layer(self.registry, packages, None, self._currencies)
            known = self._libraries[key] = Libraries(packages, layer, self.symbols)
        return known

    @property
    def _layer(self) -> Layer:
        def build() -> Layer:
            libraries = self.libraries
            loader, root, _ = self._loaded
            own = [each for each in loader.packages if not is_library(each, root)]
            layer = build_layer(
                self.registry, own, libraries.layer, self._currencies, overlay_of(root, self._scenario)
            )
            return self._changed(layer) if self._deltas else layer

        return self._once("layer", build)

    def _changed(self, layer: Layer) -> Layer:
        """The layer of the files with the changes that were taken in laid over it."""
        from panacea_policy.compiler.delta import Past

        past, laid = Past(Mentions(layer.entities)), []
        for delta in self._deltas:
            laid.append(past.lay(layer, self.package, delta, self._currencies))
            layer = laid[-1].layer
        self._memo.update(past=past, laid=laid)
        return layer

    @property
    def _past(self) -> Past:
        """What has to be known of the changes taken in so far."""
        from panacea_policy.compiler.delta import Past

        layer = self._layer
        return self._once("past", lambda: Past(Mentions(layer.entities)))

    @property
    def _program(self) -> Program:
        def build() -> Program:
            if self._base is not None:
                # A scenario is of declarations; rules stay what they are.
                return self._base._program.on(self._layer)
            layer = self._layer
            if not self._deltas:
                return of_files(layer)
            from panacea_policy.compiler.delta import program_after

            laid = cast("list[Change]", self._memo["laid"])
            program = of_files(laid[0].lower)
            for change, delta in zip(laid, self._deltas, strict=True):
                program = program_after(program, change, delta, self.package, self.symbols)
            del self._memo["laid"]  # each of them holds a layer
            return program

        def of_files(layer: Layer) -> Program:
            signature = (self.libraries, digest_of(layer, self._currencies))
            known = self._known_program
            program: Program | None
            if known is not None and known[0] == signature:
                program = known[1].moved(layer)  # no rule changed, and no name that one may mean
            else:
                program = self._kept_program(layer)
                if program is None:
                    program = Program(layer, layer.own, self.libraries.program, self.symbols)
            self._known_program = (signature, program)
            return program

        return self._once("program", build)

    def _kept_program(self, layer: Layer) -> Program | None:
        """The program of a layer as it was compiled before, if it was kept."""
        self._keeps_as = self._kept_as = None
        libraries = self.libraries
        first = not len(self.symbols) and "program" not in vars(libraries)
        if self._programs is None or not first or not can_be_kept(layer):
            return None
        key = key_of(libraries.packages, layer, self._currencies)
        names = (*libraries.layer.own, *layer.own)
        kept = self._programs.get(key, names, self.registry, self.symbols)
        if kept is None:
            self._keeps_as = key
            return None
        self._kept_as = key, len(self.symbols)
        return Program.restored(layer, libraries.layer.own, lambda: libraries.program, self.symbols, kept)

    def _keep_program(self, *, tidy: bool) -> None:
        """Keep the program for the next process. INVARIANT: it and its attack steps are compiled and have no
        mistake. Where the model was evaluated before, symbols are no longer those of the program alone.
        """
        asked = any(isinstance(each, Evaluation) for each in self._memo.values())
        if self._keeps_as is not None and self._programs is not None and not asked:
            self._programs.put(self._keeps_as, self._program, self.symbols, tidy=tidy)
            self._kept_as = self._keeps_as, len(self.symbols)
        self._keeps_as = None

    def keep_run(self) -> None:
        """Keep what the model was found to be, for the next process that looks at it; only after its findings
        were asked for, and only of a program that is kept itself.
        """
        made = self._memo.get(f"evaluation {self.as_of}")
        if type(made) is Evaluation and self._kept_as is not None and self._base is None:
            KeptRuns().put(self.root, self._kept_as[0], made)

    @property
    def _evaluation(self) -> Evaluation:
        return self.evaluation(self.as_of)

    def evaluation(self, as_of: date) -> Evaluation:
        """The model under its rules on a given day."""

        def make() -> Evaluation:
            found = Evaluation(self.model, self._layer, self._program, self.symbols, as_of)
            if self._before is not None and self._before.as_of == as_of:
                found.follow(self._before)
                self._before = None
            elif self._kept_as is not None and self._base is None and not self._deltas:
                program, symbols = self._kept_as
                found.follow_kept(KeptRuns().get(self.root, program), symbols)
            return found

        return self._once(f"evaluation {as_of}", make)
