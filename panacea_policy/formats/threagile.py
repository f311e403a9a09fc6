"""A Threagile 1.0 model (YAML) as a model.

Trust boundaries become zones, technical assets systems or devices, communication links flows with their
protocol, data assets classes of data, shared runtimes machines underneath, individual risks entries of the
risk register. What has no counterpart is listed. Threagile's own risks are not read: the packs find ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from panacea_policy.formats.import_reading import MAX_BYTES, At, ImportDiagnostic, ImportProblem
from panacea_policy.formats.import_writing import Conversion, Names, file_of, formatted, references
from panacea_policy.formats.yaml_read import YamlProblem, load_yaml
from panacea_policy.language.writing import one_line, quoted

#: Technologies and the classes of the standard library that they are: (kind, template).
_TECHNOLOGIES = {
    "client-system": ("system", "workstation"),
    "browser": ("system", "workstation"),
    "desktop": ("system", "workstation"),
    "devops-client": ("system", "workstation"),
    "mobile-app": ("system", "mobile_device"),
    "web-server": ("system", "application_server"),
    "web-application": ("system", "application_server"),
    "application-server": ("system", "application_server"),
    "web-service-rest": ("system", "application_server"),
    "web-service-soap": ("system", "application_server"),
    "erp": ("system", "administration_system"),
    "cms": ("system", "application_server"),
    "database": ("system", "database_server"),
    "identity-store-database": ("system", "database_server"),
    "data-lake": ("system", "database_server"),
    "file-server": ("system", "file_server"),
    "mail-server": ("system", "mail_server"),
    "ldap-server": ("system", "directory_server"),
    "identity-store-ldap": ("system", "directory_server"),
    "identity-provider": ("system", "directory_server"),
    "container-platform": ("system", "hypervisor"),
    "monitoring": ("system", "log_server"),
    "gateway": ("system", "device_gateway"),
    "iot-device": ("device", ""),
}
_SERVERS = {"process", "datastore"}

_PROTOCOLS = {
    "http": "http",
    "https": "https",
    "ws": "http",
    "wss": "https",
    "reverse-proxy-web-protocol": "http",
    "reverse-proxy-web-protocol-encrypted": "https",
    "mqtt": "mqtt",
    "jdbc": "sql",
    "jdbc-encrypted": "sql",
    "odbc": "sql",
    "odbc-encrypted": "sql",
    "sql-access-protocol": "sql",
    "sql-access-protocol-encrypted": "sql",
    "ssh": "ssh",
    "ssh-tunnel": "ssh",
    "sftp": "sftp",
    "scp": "ssh",
    "smtp": "smtp",
    "smtp-encrypted": "smtp",
    "imap": "imap",
    "imap-encrypted": "imap",
    "ftp": "ftp",
    "ldap": "ldap",
    "ldaps": "ldaps",
    "nfs": "nfs",
    "smb": "smb",
    "smb-encrypted": "smb",
}
#: Protocols whose name says that nobody on the way can read them.
_ENCRYPTED = {"https", "wss", "ssh", "ssh-tunnel", "ftps", "sftp", "scp", "ldaps"}
#: Protocols that say nothing about it.
_UNCLEAR = {
    "unknown-protocol",
    "local-file-access",
    "in-process-library-call",
    "inter-process-communication",
    "container-spawning",
}
_AUTHENTICATION = {
    "none": "no_authentication",
    "credentials": "password",
    "token": "api_key",
    "client-certificate": "certificate",
    "two-factor": "mfa",
}
_SENSITIVITY = {
    "public": "public",
    "internal": "internal",
    "restricted": "internal",
    "confidential": "sensitive",
    "strictly-confidential": "secret",
}
_AVAILABILITY = {
    "archive": "low",
    "operational": "low",
    "important": "medium",
    "critical": "high",
    "mission-critical": "high",
}
_LIKELIHOOD = {
    "unlikely": "unlikely",
    "likely": "possible",
    "very-likely": "likely",
    "frequent": "almost_certain",
}
_IMPACT = {"low": "minor", "medium": "moderate", "high": "severe", "very-high": "catastrophic"}

_HEAD = """\
# Converted from a Threagile model. The note of each element holds its id there.

use std.healthcare
use packs.attack, packs.design

"""


def convert(path: str | Path) -> Conversion:
    """Read a Threagile model. Raises :class:`ImportProblem` where there is nothing to convert."""
    source = Path(path)
    problems: list[ImportDiagnostic] = []
    try:
        value = load_yaml(source, MAX_BYTES)
    except YamlProblem as problem:
        problems.append(ImportDiagnostic(source.name, problem.place, problem.message, problem.help))
        raise ImportProblem(f"{source} cannot be read", problems) from None
    document = At(source.name, "$", value, problems)
    if not isinstance(document.get("technical_assets").value, dict):
        problems.append(
            ImportDiagnostic(source.name, "$.technical_assets", "a mapping is expected", "is it Threagile?")
        )
        raise ImportProblem(f"{source} is no Threagile model", problems)
    return _Threagile(document, problems).conversion()


@dataclass
class _Threagile:
    document: At
    problems: list[ImportDiagnostic]
    notes: list[str] = field(default_factory=list)
    names: Names = field(default_factory=lambda: Names(("nowhere", "threagile_model", "internet")))

    def conversion(self) -> Conversion:
        for family in ("trust_boundaries", "technical_assets", "data_assets", "shared_runtimes"):
            for title, each in entries(self.document.get(family)):
                id_ = each.get("id").text(required=True)
                if id_:
                    self.names.call(family, id_, title)
        texts = {
            "hospital.panacea": _HEAD + "\n".join([self.organisation(), *self.zones(), ""]),
            "systems.panacea": file_of([*self.assets(), *self.runtimes()]),
            "data.panacea": file_of(self.data()),
            "flows.panacea": file_of(self.links()),
            "risks.panacea": file_of(self.risks()),
        }
        self.left_out()
        return Conversion(formatted(texts, self.notes), tuple(self.notes), tuple(self.problems))

    def organisation(self) -> str:
        title = self.document.get("title").text() or "Imported model"
        return f"organisation threagile_model {quoted(title)} {{ }}\n"

    def zones(self) -> Iterator[str]:
        around: dict[str, str] = {}
        for _, each in entries(self.document.get("trust_boundaries")):
            outer = self.names.known("trust_boundaries", each.get("id").text())
            for inner in each.get("trust_boundaries_nested").items():
                if outer:
                    around[inner.text()] = outer
        if any(each.get("internet").value is True for _, each in self.all_assets()):
            yield 'zone internet "Internet" { type: internet  trust: 0 }'
        if any(not self.zone_of(each) for _, each in self.all_assets()):
            yield 'zone nowhere "Outside every trust boundary" { }'
            self.notes.append("Assets outside every trust boundary stand in the zone `nowhere`.")
        for title, each in entries(self.document.get("trust_boundaries")):
            id_ = each.get("id").text()
            name = self.names.known("trust_boundaries", id_)
            if name:
                inside = f" in {around[id_]}" if id_ in around else ""
                yield from _described(each)
                yield f"zone {name} {quoted(title)}{inside} {{ {_origin(each, each.get('type').text())} }}"

    def all_assets(self) -> Iterator[tuple[str, At]]:
        return entries(self.document.get("technical_assets"))

    def zone_of(self, asset: At) -> str | None:
        if asset.get("internet").value is True:
            return "internet"
        id_ = asset.get("id").text()
        for _, each in entries(self.document.get("trust_boundaries")):
            if any(inside.text() == id_ for inside in each.get("technical_assets_inside").items()):
                return self.names.known("trust_boundaries", each.get("id").text())
        return None

    def assets(self) -> Iterator[str]:
        runs = self.runs_on()
        for title, each in self.all_assets():
            name = self.names.known("technical_assets", each.get("id").text())
            if not name:
                continue
            technology = each.get("technology").text() or next(
                (t.text() for t in each.get("technologies").items()), ""
            )
            default = ("system", "server") if each.get("type").text() in _SERVERS else ("system", "")
            kind, template = _TECHNOLOGIES.get(technology, default)
            said = [_origin(each, technology), *self.facts(each)]
            if name in runs and kind == "system":
                said.append(f"runs_on: {runs[name]}")
            of = f" : {template}" if template else ""
            yield from _described(each)
            yield (
                f"{kind} {name} {quoted(title)}{of} in {self.zone_of(each) or 'nowhere'} "
                f"{{ {'  '.join(said)} }}"
            )

    def facts(self, asset: At) -> Iterator[str]:
        for key, attribute in (("data_assets_stored", "stores"), ("data_assets_processed", "handles")):
            held = references(self.names, "data_assets", asset.get(key))
            if held:
                yield f"{attribute}: [{', '.join(held)}]"
        encryption = asset.get("encryption").text()
        if encryption:
            yield f"encrypted_at_rest: {'false' if encryption == 'none' else 'true'}"
        if asset.get("used_as_client_by_human").value is True:
            yield "interactive: true"
        rated = _AVAILABILITY.get(asset.get("availability").text())
        if rated:
            yield f"availability: {rated}"
        tags = [quoted(tag.text()) for tag in asset.get("tags").items() if tag.text()]
        if tags:
            yield f"tags: [{', '.join(tags)}]"

    def runs_on(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for _, each in entries(self.document.get("shared_runtimes")):
            runtime = self.names.known("shared_runtimes", each.get("id").text())
            for name in references(self.names, "technical_assets", each.get("technical_assets_running")):
                if runtime:
                    found.setdefault(name, runtime)
        return found

    def runtimes(self) -> Iterator[str]:
        """A shared runtime is the machine under its assets, in the zone of the first of them."""
        zones = {
            self.names.known("technical_assets", each.get("id").text()): self.zone_of(each)
            for _, each in self.all_assets()
        }
        for title, each in entries(self.document.get("shared_runtimes")):
            name = self.names.known("shared_runtimes", each.get("id").text())
            running = references(self.names, "technical_assets", each.get("technical_assets_running"))
            zone = next((zones[r] for r in running if zones.get(r)), None) or "nowhere"
            if name:
                yield f"system {name} {quoted(title)} : hypervisor in {zone} {{ {_origin(each, '')} }}"

    def data(self) -> Iterator[str]:
        for title, each in entries(self.document.get("data_assets")):
            name = self.names.known("data_assets", each.get("id").text())
            if not name:
                continue
            said = [_origin(each, "")]
            sensitivity = _SENSITIVITY.get(each.get("confidentiality").text())
            if sensitivity:
                said.append(f"sensitivity: {sensitivity}")
            yield from _described(each)
            yield f"data_class {name} {quoted(title)} {{ {'  '.join(said)} }}"

    def links(self) -> Iterator[str]:
        for _, asset in self.all_assets():
            source = self.names.known("technical_assets", asset.get("id").text())
            for title, each in entries(asset.get("communication_links")):
                target = self.names.known("technical_assets", each.get("target").text(required=True))
                if source is None or target is None:
                    each.report("the link leads to an asset that is not there", "correct its target")
                    continue
                name = self.names.call("link", f"{source} {title}", title)
                yield from _described(each)
                yield f"flow {name} {quoted(title)}: {source} -> {target} {{ {'  '.join(self.link(each))} }}"

    def link(self, each: At) -> Iterator[str]:
        spoken = each.get("protocol").text()
        yield _origin(each, spoken)
        if spoken in _PROTOCOLS:
            yield f"protocol: {_PROTOCOLS[spoken]}"
        if each.get("vpn").value is True or spoken in _ENCRYPTED or spoken.endswith("-encrypted"):
            yield "encrypted: true"
        elif spoken and spoken not in _UNCLEAR:
            yield "encrypted: false"
        if each.get("authentication").text() in ("client-certificate", "two-factor", "credentials", "token"):
            yield "source_authenticated: true"
        elif each.get("authentication").text() == "none":
            yield "source_authenticated: false"
        sent = references(self.names, "data_assets", each.get("data_assets_sent"))
        received = references(self.names, "data_assets", each.get("data_assets_received"))
        if sent or received:
            yield f"carries: [{', '.join(dict.fromkeys([*sent, *received]))}]"

    def risks(self) -> Iterator[str]:
        for category, each in entries(self.document.get("individual_risk_categories")):
            for title, risk in entries(each.get("risks_identified")):
                plain = one_line(_untagged(title))
                name = self.names.call("risk", f"{category} {title}", plain)
                asset = self.names.known("technical_assets", risk.get("most_relevant_technical_asset").text())
                said = [f"threat: {quoted(_untagged(each.get('description').text()) or category)}"]
                if asset:
                    said.append(f"subjects: [{asset}]")
                likelihood = _LIKELIHOOD.get(risk.get("exploitation_likelihood").text())
                impact = _IMPACT.get(risk.get("exploitation_impact").text())
                said += [f"likelihood: {likelihood}"] if likelihood else []
                said += [f"impact: {impact}"] if impact else []
                yield f"risk_entry {name} {quoted(plain)} {{ {'  '.join(said)} }}"

    def left_out(self) -> None:
        for family, what in (
            ("questions", "Questions"),
            ("abuse_cases", "Abuse cases"),
            ("security_requirements", "Security requirements"),
            ("risk_tracking", "The tracking of risks that Threagile finds"),
        ):
            number = sum(1 for _ in entries(self.document.get(family)))
            if number:
                self.notes.append(f"{what} are not carried over ({number}).")
        self.notes.append(
            "Integrity ratings, authorisation of links, quantities and formats of data, justifications and "
            "diagram settings are not carried over."
        )
        unknown = sorted(
            {
                each.get("authentication").text()
                for _, asset in self.all_assets()
                for _, each in entries(asset.get("communication_links"))
            }
            - set(_AUTHENTICATION)
            - {""}
        )
        if unknown:
            self.notes.append(
                f"Authentication by {', '.join(map(one_line, unknown))} says nothing certain: left unset."
            )


def entries(at: At) -> Iterator[tuple[str, At]]:
    """The entries of a mapping: title and value. Nothing for an empty one."""
    if at.value is None:
        return
    if not isinstance(at.value, dict):
        at.report("a mapping is expected here", "write `title:` and its fields below")
        return
    for title, value in at.value.items():
        yield str(title)[:200], At(at.file, f"{at.path}[{str(title)[:60]!r}]", value, at.problems)


def _origin(each: At, kind: str) -> str:
    said = f"Threagile {each.get('id').text()}".strip() + (f", {kind}" if kind else "")
    return f"note: {quoted(said)}"


def _described(each: At) -> Iterator[str]:
    text = one_line(_untagged(each.get("description").text()))
    if text:
        yield f"## {text}"


def _untagged(text: str) -> str:
    """Threagile's texts may hold HTML: the tags are dropped."""
    kept, inside = [], False
    for character in text:
        if character == "<":
            inside = True
        elif character == ">" and inside:
            inside = False
        elif not inside:
            kept.append(character)
    return "".join(kept) if not inside else text
