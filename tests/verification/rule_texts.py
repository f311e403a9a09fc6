"""Random rules of the language: nested quantifiers, negations, counts and comparisons over zones and
devices.
"""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

#: A variable and its kind.
Scope = tuple[tuple[str, str], ...]


def _plain(name: str, kind: str) -> st.SearchStrategy[str]:
    """A condition on one declaration."""
    flag = {"zone": ["wireless", "flat"], "device": ["networked", "medical"]}[kind]
    choices = [st.sampled_from([f"{name}.{each}" for each in flag])]
    if kind == "zone":
        number = st.tuples(st.sampled_from(["<", "<=", "=", "!=", ">", ">="]), st.integers(0, 4))
        choices += [
            number.map(lambda each: f"{name}.trust {each[0]} {each[1]}"),
            st.sampled_from(
                [f"{name}.type = guest", f"{name}.type in [clinical, dmz]", f"{name}.parent = none"]
            ),
        ]
    else:
        choices.append(
            st.sampled_from(
                [f"{name}.support_end < today", f"{name}.support_end = none", f"{name}.zone.trust > 2"]
            )
        )
    return st.one_of(choices)


@st.composite
def _condition(draw: st.DrawFn, scope: Scope, depth: int, counter: list[int]) -> str:
    forms = ["plain", "plain", "pair"]
    if depth > 0:
        forms += ["not", "and", "or", "some", "no", "every", "count"]
    form = draw(st.sampled_from(forms))
    name, kind = draw(st.sampled_from(scope))
    if form == "pair":
        pairs = [f"{a}.zone = {b}" for a, k in scope for b, m in scope if k == "device" and m == "zone"]
        pairs += [f"{a}.parent = {b}" for a, k in scope for b, m in scope if k == m == "zone" and a != b]
        pairs += [f"{a} != {b}" for a, k in scope for b, m in scope if k == m and a < b]
        pairs += [f"{a}.trust < {b}.trust" for a, k in scope for b, m in scope if k == m == "zone" and a != b]
        if pairs:
            return draw(st.sampled_from(pairs))
    if form in ("plain", "pair"):
        return draw(_plain(name, kind))
    if form == "not":
        return f"not ({draw(_condition(scope, depth - 1, counter))})"
    if form in ("and", "or"):
        both = [draw(_condition(scope, depth - 1, counter)) for _ in range(2)]
        return f"({both[0]} {form} {both[1]})"
    counter[0] += 1
    inner = f"q{counter[0]}"
    of = draw(st.sampled_from(["zone", "device"]))
    within = draw(_condition((*scope, (inner, of)), depth - 1, counter))
    if form == "every":
        has = draw(_condition((*scope, (inner, of)), depth - 1, counter))
        return f"(every {of} {inner} with ({within}) has ({has}))"
    if form == "count":
        operator = draw(st.sampled_from(["<", "<=", ">=", ">"]))
        return f"((count of {of} {inner} with ({within})) {operator} {draw(st.integers(0, 3))})"
    return f"({form} {of} {inner} with ({within}))"


@st.composite
def _parts(draw: st.DrawFn) -> tuple[Scope, list[str]]:
    """Variables and conditions: about a zone, and perhaps a device."""
    scope: Scope = (("z", "zone"),)
    if draw(st.booleans()):
        scope = (*scope, ("d", "device"))
    counter = [0]
    return scope, [draw(_condition(scope, 2, counter)) for _ in range(draw(st.integers(1, 3)))]


@st.composite
def rule_texts(draw: st.DrawFn, name: str) -> str:
    """One rule."""
    return _rule(name, *draw(_parts()))


@st.composite
def related_rules(draw: st.DrawFn) -> tuple[str, str]:
    """Two rules, of which the second has conditions of the first: kept, weakened, strengthened or left
    out.
    """
    scope, conditions = draw(_parts())
    counter = [100]
    changed: list[str] = []
    for each in conditions:
        how = draw(st.sampled_from(["keep", "keep", "or", "and", "drop"]))
        if how == "drop":
            continue
        more = draw(_condition(scope, 1, counter)) if how in ("or", "and") else ""
        changed.append(f"({each} {how} {more})" if more else each)
    return _rule("one", scope, conditions), _rule("two", scope, draw(st.permutations(changed)) or ["true"])


def _rule(name: str, scope: Scope, conditions: Sequence[str]) -> str:
    bindings = ", ".join(f"{kind} {each}" for each, kind in scope)
    where = ", ".join(conditions)
    return f'rule {name} "{name}" {{\n  for {bindings}\n  where {where}\n  report z "found"\n}}\n'
