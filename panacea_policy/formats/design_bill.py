"""A bill of materials held against what is known: records of feeds, exploited weaknesses, the model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from panacea_policy.compiler import UNKNOWN, Entity, Model
from panacea_policy.errors import PanaceaError
from panacea_policy.feeds.base import Base
from panacea_policy.feeds.bills import MOST, newest, product_of, software_item
from panacea_policy.feeds.matching import Index
from panacea_policy.feeds.records import Bill, Component, Weakness
from panacea_policy.feeds.store import Store
from panacea_policy.formats.feeds.detect import read
from panacea_policy.secure_design import BillCheck, BillComponent, KnownWeakness

#: What a statement about a component weighs against another about the same weakness: a bill's own word first.
_SETTLED = frozenset({"not_affected", "fixed"})
_NAMES = {"not_affected": "not affected", "under_investigation": "under investigation"}


def check_bill(path: Path, model: Model, subject: Entity, store: Store | None) -> BillCheck:
    """What a CycloneDX file says, component by component. ``store``: what feeds said so far, if there is one.

    Raises PanaceaError for a file that cannot be read, or that holds no bill or several.
    """
    reading = read(path, source=path.name)
    bills = [record for record in reading.records if isinstance(record, Bill)]
    if len(bills) != 1:
        why = str(reading.damage[0]) if reading.damage else f"it holds {len(bills)} bills of materials"
        raise PanaceaError(f"`{path}` is no bill of materials of one product: {why}", "give a CycloneDX file")
    bill = newest(bills)
    if len(bill.components) > MOST:
        raise PanaceaError(
            f"`{path}` lists {len(bill.components):,} components", f"at most {MOST:,} are taken"
        )
    own = [record for record in reading.records if isinstance(record, Weakness)]
    names = [_name(n, part) for n, part in enumerate(bill.components)]
    index = Index(
        software_item(name, part, (subject.name,)) for name, part in zip(names, bill.components, strict=True)
    )
    known = _best(
        [
            *_matched(own, index, "the bill itself"),
            *_matched(_told(store), index, ""),
            *_modelled(model, bill.components),
        ],
        store,
    )
    titles = dict(zip(names, bill.components, strict=True))
    weaknesses = tuple(
        each.model_copy(update={"component": _title(titles[each.component])}) for each in known
    )
    return BillCheck(
        source=path.name,
        product=f"{bill.product.name} {bill.product.version or ''}".strip(),
        about_subject=_about(bill, model, subject),
        components=tuple(
            BillComponent(
                name=part.name,
                version=part.version or "",
                supplier=part.supplier or "",
                identifier=part.purl or part.cpe or "",
                weaknesses=tuple(each.id for each in known if each.component == name),
            )
            for name, part in titles.items()
        ),
        weaknesses=weaknesses,
        records=_records(store),
        notes=tuple(str(damage) for damage in reading.damage),
    )


def _name(number: int, part: Component) -> str:
    return f"{number} {part.name}"


def _title(part: Component) -> str:
    return f"{part.name} {part.version or ''}".strip()


def _told(store: Store | None) -> list[Weakness]:
    """The weaknesses that feeds told, each once."""
    if store is None:
        return []
    found: dict[tuple[str, str, str], Weakness] = {}
    for _, record in store.records_of(Weakness):
        if isinstance(record, Weakness) and not record.withdrawn:
            found[record.origin.feed, record.origin.document, record.id] = record
    return list(found.values())


def _matched(weaknesses: Iterable[Weakness], index: Index, source: str) -> Iterator[KnownWeakness]:
    for weakness in weaknesses:
        for status in weakness.products:
            for match in index.match(status.product):
                if match.inside is False:
                    continue
                yield KnownWeakness(
                    id=weakness.cve or weakness.id,
                    component=match.item.name,
                    status=_NAMES.get(status.status, status.status),
                    cvss=status.score.base if status.score is not None else weakness.cvss,
                    known_exploited=False,
                    exploited_due=None,
                    fixed_version=status.fixed_version or "",
                    confidence=round(match.confidence, 3),
                    source=source or f"{weakness.origin.feed} {weakness.origin.document}",
                )


def _modelled(model: Model, parts: Iterable[Component]) -> Iterator[KnownWeakness]:
    """Weaknesses that the model declares in software of the same product and version."""
    software: dict[str, list[Entity]] = {}
    for each in model.entities("software"):
        for attribute in ("cpe", "purl"):
            value = each.value(attribute)
            if isinstance(value, str):
                software.setdefault(value, []).append(each)
    affected: dict[str, list[Entity]] = {}
    for weakness in model.entities("vulnerability"):
        hit = model.value(weakness, "affects")
        subject = weakness.value("subject")
        for entity in hit if isinstance(hit, tuple) else ():
            affected.setdefault(getattr(entity, "name", ""), []).append(weakness)
        if subject is not UNKNOWN and subject is not None:
            affected.setdefault(str(subject), []).append(weakness)
    for number, part in enumerate(parts):
        for key in dict.fromkeys(each for each in (part.cpe, part.purl) if each):
            for entity in software.get(key, ()):
                declared = model.value(entity, "vulnerabilities")
                listed = [e for e in declared if isinstance(e, Entity)] if isinstance(declared, tuple) else []
                for weakness in {e.name: e for e in (*listed, *affected.get(entity.name, ()))}.values():
                    yield _of_model(model, weakness, _name(number, part))


def _of_model(model: Model, weakness: Entity, component: str) -> KnownWeakness:
    def text(attribute: str) -> str:
        value = weakness.value(attribute)
        return value if isinstance(value, str) else ""

    cvss, due = weakness.value("cvss"), weakness.value("due")
    return KnownWeakness(
        id=text("cve") or weakness.short,
        component=component,
        status=(text("vex_status") or "affected").replace("_", " "),
        cvss=float(cvss) if isinstance(cvss, int | float) else None,
        known_exploited=weakness.value("known_exploited") is True,
        exploited_due=due if isinstance(due, date) else None,
        fixed_version=text("fixed_version"),
        confidence=1.0,
        source="the model",
    )


def _best(found: Iterable[KnownWeakness], store: Store | None) -> tuple[KnownWeakness, ...]:
    """One statement for each weakness of a component: the first that settles it, else the surest."""
    chosen: dict[tuple[str, str], KnownWeakness] = {}
    for each in found:
        key = each.id, each.component
        before = chosen.get(key)
        settles = each.status.replace(" ", "_") in _SETTLED and each.source == "the bill itself"
        if before is None or settles or (before.source != "the bill itself" and _surer(each, before)):
            chosen[key] = each
    told = [_exploited(each, store) for each in chosen.values()]
    return tuple(
        sorted(
            told,
            key=lambda w: (not w.known_exploited, w.status != "affected", -(w.cvss or 0), w.id, w.component),
        )
    )


def _surer(one: KnownWeakness, other: KnownWeakness) -> bool:
    return (one.confidence or 0.0) > (other.confidence or 0.0)


def _exploited(weakness: KnownWeakness, store: Store | None) -> KnownWeakness:
    """With what the catalogue of exploited weaknesses says of its number."""
    for news in store.catalogues.news(weakness.id) if store is not None else ():
        if news.known_exploited:
            return weakness.model_copy(update={"known_exploited": True, "exploited_due": news.due})
    return weakness


def _about(bill: Bill, model: Model, subject: Entity) -> bool | None:
    """Whether the bill is about the system: None where nothing in the model is sure to be its product."""
    matches = [match for match in Base(model).index.match(product_of(bill)) if match.inside is not False]
    if any(match.item.name == subject.name and match.fact for match in matches):
        return True
    return False if any(match.fact for match in matches) else None


def _records(store: Store | None) -> str:
    if store is None:
        return "the model and the bill itself; there is no store of feeds (`panacea feed read --store`)"
    files = store.files()
    newest_of = max((file.read_at.date().isoformat() for file in files), default="never")
    return f"the model, the bill itself, and {len(files)} feed files taken in, the last on {newest_of}"
