"""Which system a file is about, and what the model states of it."""

from __future__ import annotations

from panacea_policy.compiler import Entity, Model
from panacea_policy.errors import PanaceaError
from panacea_policy.language.diagnostics import suggest
from panacea_policy.secure_design.results import Subject
from panacea_policy.secure_design.surroundings import Surroundings, known
from panacea_policy.secure_design.threats import Locate, named
from panacea_policy.secure_design.views import pieces

#: What a file says about its subject first, where the kind has it.
_FACTS = (
    ("manufacturer", "Manufacturer"),
    ("supplier", "Supplier"),
    ("model", "Model"),
    ("version", "Version"),
    ("product", "Product (CPE)"),
    ("udi", "UDI"),
    ("risk_class", "Class under MDR or IVDR"),
    ("market", "Market"),
    ("state", "State"),
    ("safety", "What its failure can do"),
    ("networked", "Networked"),
    ("works_offline", "Treats on without the network"),
    ("stores", "Keeps"),
    ("handles", "Works on"),
    ("zone", "Zone"),
    ("place", "Place"),
    ("owner", "Owner"),
    ("department", "Department"),
    ("essential", "Essential"),
    ("support_end", "Support ends"),
)
_LISTED = 8


def find(model: Model, name: str) -> Entity:
    """The system or device of that name (qualified, short or title).

    Raises PanaceaError where there is none, where several match, or for a kind that has no design file.
    """
    assets = [e for e in model.entities("asset") if not e.package.prefix and e.kind.name != "data_store"]
    wanted = name.strip()
    found = [e for e in assets if wanted in (e.name, e.short)]
    found = found or [e for e in assets if (e.title or "").lower() == wanted.lower()]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(f"`{each.short}`" for each in found[:_LISTED])
        raise PanaceaError(f"`{name}` may be {names}", "give one of these names")
    rows = [e.short for e in assets if e.short.startswith(f"{wanted}[")]
    if rows:
        raise PanaceaError(
            f"`{name}` stands for {len(rows)} units, and a design file is about one",
            f"give one of them, such as '{rows[0]}'",
        )
    near = suggest(wanted, [e.short for e in assets])
    other = model.get(wanted)
    if other is not None:
        raise PanaceaError(
            f"`{name}` is a {other.kind.name.replace('_', ' ')}, and a design file is about a system or "
            "device",
            "name a system, device, workload or medium",
        )
    raise PanaceaError(
        f"no system or device is called `{name}`",
        f"did you mean `{near}`?" if near else '`panacea query "asset a"` lists them',
    )


def subject(around: Surroundings, locate: Locate) -> Subject:
    """What the model states of the system."""
    model, entity = around.model, around.subject
    safety = known(model, entity, "safety")
    medical = known(model, entity, "medical")
    origin = entity.origin_of("safety")
    source = ""
    if isinstance(safety, str):
        by_class = "safety" not in entity.own
        source = "stated by its class" if by_class else "stated in the model"
        place = locate(origin) if origin is not None else None
        source += f" ({place.file}:{place.line})" if place is not None else ""
    facts = [
        (words, pieces.text(model, entity, attribute))
        for attribute, words in _FACTS
        if attribute in entity.kind.attributes
    ]
    every = {e.name: e for e in model.entities()}
    return Subject(
        name=entity.name,
        title=pieces.title(entity),
        kind=entity.kind.name,
        classes=tuple(template.name for template in entity.lines()),
        doc=entity.doc or "",
        medical=medical if isinstance(medical, bool) else None,
        safety=safety.replace("_", " ") if isinstance(safety, str) else pieces.UNSAID,
        safety_source=source,
        facts=tuple((words, value) for words, value in facts if value != "unknown"),
        parts=tuple(named(every[name]) for name in around.relations if name != entity.name and name in every),
        place=locate(entity),
    )
