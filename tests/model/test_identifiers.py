"""CPE names and package URLs, friendly and hostile."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.model import InvalidCpe, InvalidPurl, parse_cpe, parse_purl
from panacea_policy.model.cpe import sound_cpe


def test_a_cpe_name() -> None:
    cpe = parse_cpe("cpe:2.3:a:acme:pacs:4.2:*:*:*:*:*:*:*")
    assert (cpe.part, cpe.vendor, cpe.product, cpe.version, cpe.update) == ("a", "acme", "pacs", "4.2", "*")


def test_escapes_in_a_cpe_name() -> None:
    cpe = parse_cpe(r"cpe:2.3:o:Acme\:Inc:big\$money:8.0\+rc1:-:*:*:*:*:*:*")
    assert cpe.vendor == "acme:inc"
    assert cpe.product == "big$money"
    assert cpe.version == "8.0+rc1"
    assert cpe.update == "-"
    assert parse_cpe(r"cpe:2.3:a:a\\b:c").vendor == "a\\b"


FIELD = st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)


@given(FIELD, FIELD, FIELD)
def test_an_escaped_cpe_name_reads_back(vendor: str, product: str, version: str) -> None:
    def escaped(text: str) -> str:
        return "".join(c if c.isalnum() or c in "_" else f"\\{c}" for c in text)

    cpe = parse_cpe(f"cpe:2.3:a:{escaped(vendor)}:{escaped(product)}:{escaped(version)}:*:*:*:*:*:*:*")
    assert (cpe.vendor, cpe.product, cpe.version) == (vendor.lower(), product.lower(), version.lower())


@pytest.mark.parametrize("version", ["4.?", "4.???", "?4", "*4", "4*", "*"])
def test_wildcards_stand_at_the_ends(version: str) -> None:
    assert parse_cpe(f"cpe:2.3:a:acme:pacs:{version}").version == version


def test_a_short_cpe_name_means_any() -> None:
    assert parse_cpe("cpe:2.3:h:acme:pump") == parse_cpe("cpe:2.3:h:acme:pump:*:*:*:*:*:*:*:*")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "acme pacs",
        "cpe:/a:acme:pacs",
        "cpe:2.3:a:acme",
        "cpe:2.3:x:acme:pacs",
        "cpe:2.3:a:acme:pacs:1:2:3:4:5:6:7:8:9",
        "cpe:2.3:a:ac me:pacs",
        "cpe:2.3:a:ac$me:pacs",
        "cpe:2.3:a::pacs",
        "cpe:2.3:a:acme:pacs:4*2",
        "cpe:2.3:a:acme:pacs\\",
        "cpe:2.3:a:acmé:pacs",
        "cpe:2.3:a:acme:pacs\n",
        "cpe:2.3:a:" + "a" * 2000 + ":b",
    ],
)
def test_what_is_no_cpe_name_is_refused(text: str) -> None:
    with pytest.raises(InvalidCpe):
        parse_cpe(text)


@given(st.text(max_size=300) | st.text(alphabet=":\\*?-.ab_", max_size=300).map("cpe:2.3:a:".__add__))
def test_no_text_breaks_the_cpe_reader(text: str) -> None:
    with suppress(InvalidCpe):
        assert parse_cpe(text).part in ("a", "o", "h", "*", "-")


def test_a_package_url() -> None:
    purl = parse_purl("pkg:npm/%40scope/name@1.2.3?arch=x64&os=linux#src/lib")
    assert (purl.type, purl.namespace, purl.name, purl.version) == ("npm", "@scope", "name", "1.2.3")
    assert purl.qualifiers == (("arch", "x64"), ("os", "linux"))
    assert purl.subpath == "src/lib"


def test_a_scope_written_bare_is_no_version() -> None:
    purl = parse_purl("pkg:npm/@scope/name")
    assert (purl.namespace, purl.name, purl.version) == ("@scope", "name", None)


def test_a_short_package_url() -> None:
    purl = parse_purl("pkg:PyPI/pydicom")
    assert (purl.type, purl.name, purl.version, purl.qualifiers) == ("pypi", "pydicom", None, ())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pypi/pydicom",
        "pkg:",
        "pkg:pypi",
        "pkg:1x/name",
        "pkg:pypi/a?=1",
        "pkg:pypi/a?k=1&K=2",
        "pkg:p/" + "a" * 3000,
    ],
)
def test_what_is_no_package_url_is_refused(text: str) -> None:
    with pytest.raises(InvalidPurl):
        parse_purl(text)


@given(st.text(max_size=200) | st.text(alphabet="/@?#&=%a1", max_size=200).map("pkg:".__add__))
def test_no_text_breaks_the_package_url_reader(text: str) -> None:
    with suppress(InvalidPurl):
        assert parse_purl(text).name


@pytest.mark.parametrize(
    ("uri", "formatted"),
    [
        ("cpe:/a:apache:http_server:2.4.49", "cpe:2.3:a:apache:http_server:2.4.49:*:*:*:*:*:*:*"),
        ("cpe:/o:linux:linux_kernel", "cpe:2.3:o:linux:linux_kernel:*:*:*:*:*:*:*:*"),
        ("cpe:/a:acme:pacs%2b:1%02", "cpe:2.3:a:acme:pacs\\+:1*:*:*:*:*:*:*:*"),
        ("cpe:/a:acme:pacs:-", "cpe:2.3:a:acme:pacs:-:*:*:*:*:*:*:*"),
        ("cpe:2.3:a:acme:pacs:1", "cpe:2.3:a:acme:pacs:1"),
        ("cpe:/z:acme:pacs", None),
        ("cpe:/a:ac me\x1b:pacs", None),
        ("pacs", None),
        (None, None),
    ],
)
def test_names_of_both_ages(uri: str | None, formatted: str | None) -> None:
    assert sound_cpe(uri) == formatted
