"""Certificates of absence, schema ``panacea/absence/v1``, and what stands against a claim."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import Field

from panacea_policy.formats.documents import Document


class AbsenceDocument(Document):
    """What `panacea prove --absent` writes of a claim that holds: `panacea_policy.closurecheck` checks it."""

    schema_: Literal["panacea/absence/v1"] = Field(default="panacea/absence/v1", alias="schema")
    version: str
    as_of: date
    claim: str = Field(description="the question that has no answer, not even a possible one")
    goal: str = Field(description="the relation that has no row")
    rules: tuple[dict[str, Any], ...] = Field(
        description="as in panacea/proof/v1: all that the goal rests on"
    )
    facts: dict[str, tuple[tuple[Any, ...], ...]] = Field(description="of the model, by relation")
    closed: dict[str, tuple[tuple[Any, ...], ...]] = Field(description="all rows of each derived relation")
    oracle: dict[str, Any] = Field(description="results of text patterns and versions, taken on trust")


class PresenceDocument(Document):
    """What `panacea prove --absent` writes of a claim that is not shown to hold."""

    schema_: Literal["panacea/presence/v1"] = Field(default="panacea/presence/v1", alias="schema")
    version: str
    as_of: date
    claim: str
    columns: tuple[str, ...]
    certain: tuple[tuple[str | float | bool | None, ...], ...] = Field(description="answers that hold")
    possible: tuple[tuple[str | float | bool | None, ...], ...] = Field(
        description="answers that hang on what nobody said"
    )


ABSENCE_DOCUMENTS: dict[str, type[Document]] = {"absence": AbsenceDocument, "presence": PresenceDocument}
"""Outputs by the name in ``panacea/<name>/v1``."""
