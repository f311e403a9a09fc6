"""The controls of a system: those that protect it, and those that attack steps name and nobody declared."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from panacea_policy.compiler import Entity, share_stopped
from panacea_policy.secure_design.results import ControlLine, Move
from panacea_policy.secure_design.surroundings import Surroundings, known
from panacea_policy.secure_design.threats import Locate

_STATUS = ("in_place", "planned", "candidate", "not declared", "retired")


def control_lines(around: Surroundings, moves: Sequence[Move], locate: Locate) -> tuple[ControlLine, ...]:
    """Declared ones by status, then classes that would hinder a step by which the system falls."""
    hinders: dict[str, dict[str, None]] = {}
    missing: dict[str, dict[str, None]] = {}
    for move in moves:
        for name in (*move.hindered_by, *move.hindered_later):
            hinders.setdefault(name, {})[move.title] = None
        if move.direction == "entry":
            for name in move.could_hinder:
                missing.setdefault(name, {})[move.title] = None
    lines = [_declared(around, control, hinders, locate) for control in around.controls]
    owned = {name for line in lines for name in line.classes}
    lines += [
        ControlLine(
            name=name,
            title=name.rpartition(".")[2].replace("_", " ").capitalize(),
            status="not declared",
            planned_for=None,
            classes=(name,),
            hinders=tuple(steps),
            share_stopped=None,
            test_idea="",
            place=None,
        )
        for name, steps in missing.items()
        if name not in owned
    ]
    return tuple(sorted(lines, key=lambda each: (_STATUS.index(each.status), each.name)))


def _declared(
    around: Surroundings, control: Entity, hinders: dict[str, dict[str, None]], locate: Locate
) -> ControlLine:
    model = around.model
    status, planned = known(model, control, "status"), known(model, control, "planned_for")
    idea = known(model, control, "test_idea")
    return ControlLine(
        name=control.name,
        title=control.title or control.short.replace("_", " "),
        status=status if isinstance(status, str) else "candidate",
        planned_for=planned if isinstance(planned, date) else None,
        classes=tuple(template.name for template in control.lines()),
        hinders=tuple(hinders.get(control.name, ())),
        share_stopped=share_stopped(control, model),
        test_idea=idea if isinstance(idea, str) else "",
        place=locate(control),
    )
