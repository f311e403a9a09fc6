"""What a rule has derived goes into the relation of its head."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from panacea_policy.engine.frame import Context, Frame
from panacea_policy.engine.index import Matches
from panacea_policy.engine.kernels import Layout, Pairs, Place, kernels_for
from panacea_policy.engine.keymap import KeyMap
from panacea_policy.engine.packing import Packer
from panacea_policy.engine.relation import Relation
from panacea_policy.engine.terms import Rule
from panacea_policy.engine.values import Codes

#: A join adds at most so many heads, or looks at so many pairs, before they are counted.
CHUNK = 250_000


class HeadSink:
    """Adds heads to their relation: those of frames, or of a last join's matches without making frames."""

    def __init__(
        self,
        rule: Rule,
        codes: Sequence[str | int],
        relation: Relation,
        distinct: bool,
        note: Callable[[int, int], None],
    ) -> None:
        """``codes``: of each column of the head the variable, or the code of the constant.

        ``distinct``: no two bindings give the same head. ``note`` is called with the number of the first new
        row and how many are new.
        """
        self.rule = rule
        self.relation = relation
        self.codes = codes
        self._distinct = distinct
        self.note = note
        self._sums: _Sums | None = None

    def __call__(self, frame: Frame) -> None:
        """Adds the heads of all bindings of a frame."""
        columns: list[Codes] = [
            frame.columns[code] if isinstance(code, str) else np.full(frame.count, code, np.int64)
            for code in self.codes
        ]
        start = self.relation.size
        self.note(start, self.relation.append(columns, frame.count, distinct=self._distinct))

    def join(
        self,
        frame: Frame,
        matches: Matches,
        source: Relation,
        outputs: Sequence[tuple[int, str]],
        context: Context,
    ) -> bool:
        """Adds the heads of bindings that are extended by matching rows of ``source``.

        ``outputs``: the positions of the new variables in these rows. False when it takes a frame to do it;
        nothing has been added then.
        """
        target = self.relation
        if not outputs or target.stays_small(matches.total) or (self._distinct and not target.size):
            return False
        sums = self._sums
        if sums is None or sums.outputs is not outputs:
            sums = self._sums = _Sums(self.codes, outputs)
        bases = sums.bases(frame, source, target)
        if bases is None:
            return False
        assert sums.map is not None
        pairs = Pairs(
            bases,
            matches.starts,
            matches.counts,
            matches.rows,
            tuple([source.column(position) for position in sums.positions]),
            sums.lows,
            sums.shifts,
        )
        kernels, place = kernels_for(matches.total), Place()
        while place.probe < frame.count:
            before = place.seen
            sums.map.require(target.size + CHUNK + source.size)
            new, place = kernels.join(sums.map, pairs, target.size, place, CHUNK)
            context.count_matches(place.seen - before)
            start = target.size
            if len(new):
                target.append_keys(new)
            self.note(start, len(new))
        return True


class _Sums:
    """How the keys of heads are sums of a part that the binding gives and a part that the row gives."""

    def __init__(self, codes: Sequence[str | int], outputs: Sequence[tuple[int, str]]) -> None:
        self.outputs = outputs
        by_name = {name: position for position, name in outputs}
        self._codes = codes
        #: Of each column of the head the row's column that gives it, or None.
        self._sources = [by_name.get(code) if isinstance(code, str) else None for code in codes]
        self._from_row = [at for at, position in enumerate(self._sources) if position is not None]
        self._from_frame = [
            at for at, code in enumerate(codes) if isinstance(code, str) and self._sources[at] is None
        ]
        self._names = [code for code in codes if isinstance(code, str) and code not in by_name]
        self.positions = [position for position in self._sources if position is not None]
        self._packer: Packer | None = None
        self._fits: tuple[Relation, int] | None = None
        self.map: KeyMap | None = None
        self.lows = self.shifts = np.empty(0, np.int64)
        self._layout = Layout(self.lows, self.lows, self.lows)
        self._constant = 0

    def bases(self, frame: Frame, source: Relation, target: Relation) -> Codes | None:
        """The binding's part of each key; None when keys are no sums. Makes everything else ready, too."""
        if self._bind(target, source):
            bases = self._bases(frame)
            if bases is not None:
                return bases
        if target.sums(self._ranges(frame, source)) is None or not self._bind(target, source):
            return None
        return self._bases(frame)

    def _bases(self, frame: Frame) -> Codes | None:
        """None when a value lies outside."""
        if not self._names:
            return np.full(frame.count, self._constant, np.int64)
        columns = [frame.columns[name] for name in self._names]
        keys, outside = kernels_for(frame.count).pack(columns, frame.count, self._layout)
        if outside:
            return None
        return keys + self._constant if self._constant else keys

    def _bind(self, target: Relation, source: Relation) -> bool:
        """Takes over the target's packer; False when it does not suit the constants and the rows."""
        found = target.sums(None)
        if found is None:
            return False
        packer, self.map = found
        if packer is not self._packer:
            self._packer, self._fits = packer, None
        fits = self._fits
        if fits is not None and fits[0] is source and fits[1] == source.size:
            return True
        if not packer.includes(self._fixed_ranges(source)):
            return False
        if fits is None:
            lows, bits, shifts = packer.layout.lows, packer.layout.bits, packer.layout.shifts
            self.lows, self.shifts = lows[self._from_row], shifts[self._from_row]
            at = self._from_frame
            self._layout = Layout(lows[at], bits[at], shifts[at])
            self._constant = sum(
                (code - int(lows[at])) << int(shifts[at])
                for at, code in enumerate(self._codes)
                if isinstance(code, int)
            )
        self._fits = source, source.size
        return True

    def _fixed_ranges(self, source: Relation) -> list[tuple[int, int] | None]:
        """Where the values of the head lie; None for a column that the binding gives."""
        return [
            (code, code) if isinstance(code, int) else None if position is None else source.extent(position)
            for code, position in zip(self._codes, self._sources, strict=True)
        ]

    def _ranges(self, frame: Frame, source: Relation) -> list[tuple[int, int]]:
        ranges = []
        for code, known in zip(self._codes, self._fixed_ranges(source), strict=True):
            if known is None:
                assert isinstance(code, str)
                known = kernels_for(frame.count).bounds(frame.columns[code])
            ranges.append(known)
        return ranges
