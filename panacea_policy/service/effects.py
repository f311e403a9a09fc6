"""What a change did, in one line: which process, how much, by which new path."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from panacea_policy.feeds.store import ProcessChange
from panacea_policy.language.diagnostics import visible
from panacea_policy.service.estimate import Estimate, Hop

#: Changes of the chance within a year below this are not told as changes: half of the last digit shown.
LEAST = 0.0005
_MOST_HOPS = 6


def changes(before: Estimate, after: Estimate) -> tuple[ProcessChange, ...]:
    """Every process with its risk before and after, the largest change first."""
    found = []
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        here = new or old
        assert here is not None
        found.append(
            ProcessChange(
                process=name,
                title=here.title,
                before=old.probability if old else 0.0,
                after=new.probability if new else 0.0,
                loss_before=old.loss if old else None,
                loss_after=new.loss if new else None,
                path=told(new.path, name) if new and (old is None or new.path != old.path) else "",
            )
        )
    return tuple(sorted(found, key=lambda each: (-abs(each.after - each.before), each.process)))


def told(path: Sequence[Hop], goal: str) -> str:
    """``internet → portal → pump["PMP-1"] (exploit_service)``: the places before the goal, and the step that
    decides.

    The step named is the last that uses a vulnerability, or else the last that reaches a place.
    """
    places: list[tuple[str, str, bool]] = []
    for hop in path:
        for name in hop.reached[:1]:
            if name == goal:
                continue
            if not places or places[-1][0] != name:
                places.append((name, hop.step, bool(hop.used)))
            elif hop.used:
                places[-1] = (name, hop.step, True)
    if not places:
        return ""
    marked = max((i for i, (_, _, used) in enumerate(places) if used), default=len(places) - 1)
    named = [f"{name} ({step})" if i == marked else name for i, (name, step, _) in enumerate(places)]
    if len(named) > _MOST_HOPS:
        between = ["…", named[marked], "…"] if 2 <= marked < len(named) - 2 else ["…"]
        named = [*named[:2], *between, *named[-2:]]
    return " → ".join(named)


def moved(processes: Sequence[ProcessChange]) -> list[ProcessChange]:
    """Those whose risk changed enough to be told."""
    return [each for each in processes if abs(each.after - each.before) >= LEAST]


def effect(processes: Sequence[ProcessChange]) -> str:
    """The largest change in words, and how many more there are; empty where there is none."""
    shown = moved(processes)
    if not shown:
        return ""
    first = shown[0]
    before, after = round(100 * first.before, 1), round(100 * first.after, 1)
    points = after - before  # of what is shown, so that the line adds up
    text = f"{first.process} {before:.1f} → {after:.1f} % a year ({points:+.1f})"
    if first.path:
        text += f"  {'new path' if first.after > first.before else 'now by'}: {first.path}"
    if len(shown) > 1:
        rest = [f"{each.process} {100 * (each.after - each.before):+.1f}" for each in shown[1:4]]
        more = f" and {len(shown) - 4} more" if len(shown) > 4 else ""
        text += f"  also {', '.join(rest)}{more}"
    return text


def line(at: datetime, what: str, said: str) -> str:
    """One line for people, without anything that a terminal could take for a command."""
    return visible(f"{at:%Y-%m-%d %H:%M}  {what}  {said}")
