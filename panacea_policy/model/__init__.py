"""The vocabulary: kinds of declarations, their attributes, units and distributions.

Knows no syntax and no engine.
"""

from __future__ import annotations

from panacea_policy.model.cpe import Cpe, InvalidCpe, parse_cpe
from panacea_policy.model.distributions import FORMS, Distribution, DistributionError, build, is_scaled
from panacea_policy.model.fields import Declaration, KindInfo, Structure, complete, required, unset
from panacea_policy.model.purl import InvalidPurl, PackageUrl, parse_purl
from panacea_policy.model.registry import Registry, VocabularyError, vocabulary
from panacea_policy.model.types import (
    CLAUSE_WORDS,
    RESERVED_WORDS,
    AddressType,
    Attribute,
    BooleanType,
    CpeType,
    DateType,
    DistributionType,
    EnumType,
    FormulaType,
    Kind,
    MapType,
    NumberType,
    PortsType,
    PurlType,
    ReferenceType,
    StructureType,
    TextType,
    UnionType,
    ValueType,
)
from panacea_policy.model.values import (
    UNITS,
    Currencies,
    Dimension,
    InvalidValue,
    UnitError,
    ValueDateError,
    format_quantity,
    is_currency,
    parse_date,
    to_base,
)

__all__ = [
    "CLAUSE_WORDS",
    "FORMS",
    "RESERVED_WORDS",
    "UNITS",
    "AddressType",
    "Attribute",
    "BooleanType",
    "Cpe",
    "CpeType",
    "Currencies",
    "DateType",
    "Declaration",
    "Dimension",
    "Distribution",
    "DistributionError",
    "DistributionType",
    "EnumType",
    "FormulaType",
    "InvalidCpe",
    "InvalidPurl",
    "InvalidValue",
    "Kind",
    "KindInfo",
    "MapType",
    "NumberType",
    "PackageUrl",
    "PortsType",
    "PurlType",
    "ReferenceType",
    "Registry",
    "Structure",
    "StructureType",
    "TextType",
    "UnionType",
    "UnitError",
    "ValueDateError",
    "ValueType",
    "VocabularyError",
    "build",
    "complete",
    "format_quantity",
    "is_currency",
    "is_scaled",
    "parse_cpe",
    "parse_date",
    "parse_purl",
    "required",
    "to_base",
    "unset",
    "vocabulary",
]
