"""Small files in every format that is read, written for these tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from panacea_policy.feeds.records import Reading
from panacea_policy.formats.feeds.detect import read_bytes


def read_text(text: str, source: str = "feed") -> Reading:
    """A text, read as a file would be."""
    return read_bytes(text.encode(), source)


def read_json(document: Any) -> Reading:
    """A document, read as JSON."""
    return read_text(json.dumps(document))


def csaf() -> dict[str, Any]:
    """An advisory that uses every part of CSAF 2.0 that is read."""
    return {
        "document": {
            "category": "csaf_vex",
            "csaf_version": "2.0",
            "title": "Pumps of Acme",
            "aggregate_severity": {"text": "Important"},
            "distribution": {"tlp": {"label": "AMBER"}},
            "publisher": {"category": "vendor", "name": "Acme PSIRT", "namespace": "https://acme.example"},
            "references": [{"summary": "all", "url": "https://acme.example/psirt"}],
            "tracking": {
                "id": "ACME-2026-01",
                "status": "interim",
                "version": "2",
                "initial_release_date": "2026-02-01T10:00:00Z",
                "current_release_date": "2026-03-01T10:00:00+02:00",
                "revision_history": [],
            },
        },
        "product_tree": {
            "branches": [
                {
                    "category": "vendor",
                    "name": "Acme",
                    "branches": [
                        {
                            "category": "product_name",
                            "name": "Pump One",
                            "branches": [
                                _version("product_version_range", "vers:generic/>=1.0|<2.4", "P1"),
                                _version("product_version", "2.4", "P2"),
                                _version("product_version", "3.0", "P3", _helper()),
                            ],
                        },
                        {"category": "product_name", "name": "Gateway", "product": _product("G1", "Gateway")},
                    ],
                },
            ],
            "full_product_names": [_product("F1", "Zlib Compression 1.2")],
            "relationships": [
                {
                    "category": "default_component_of",
                    "product_reference": "F1",
                    "relates_to_product_reference": "G1",
                    "full_product_name": _product("R1", "Zlib in Gateway"),
                }
            ],
            "product_groups": [{"group_id": "old", "product_ids": ["P1", "R1"]}],
        },
        "vulnerabilities": [_one(), _other()],
    }


def _version(category: str, name: str, identity: str, helper: Any = None) -> dict[str, Any]:
    return {"category": category, "name": name, "product": _product(identity, f"Pump One {name}", helper)}


def _product(identity: str, name: str, helper: Any = None) -> dict[str, Any]:
    made = {"product_id": identity, "name": name}
    return {**made, "product_identification_helper": helper} if helper else made


def _helper() -> dict[str, Any]:
    return {
        "cpe": "cpe:2.3:h:acme:pump_one:3.0:*:*:*:*:*:*:*",
        "purl": "pkg:generic/acme/pump-one@3.0",
        "model_numbers": ["PO-3"],
        "serial_numbers": ["S-100*"],
        "skus": ["77"],
        "sbom_urls": ["https://acme.example/sbom.json"],
        "hashes": [{"filename": "fw.bin", "file_hashes": [{"algorithm": "SHA256", "value": "AB12"}]}],
    }


def _one() -> dict[str, Any]:
    return {
        "cve": "CVE-2026-1000",
        "title": "Pump stops",
        "cwe": {"id": "CWE-400", "name": "Uncontrolled Resource Consumption"},
        "release_date": "2026-01-31T10:00:00Z",
        "notes": [{"category": "summary", "text": "It stops when it is asked too often."}],
        "product_status": {
            "first_affected": ["P1"],
            "known_affected": ["P1", "R1"],
            "last_affected": ["P2"],
            "first_fixed": ["P3"],
            "fixed": ["P3"],
            "known_not_affected": ["G1"],
            "recommended": ["P3"],
        },
        "flags": [{"label": "vulnerable_code_not_present", "product_ids": ["G1"]}],
        "scores": [
            {
                "products": ["P1", "P2"],
                "cvss_v3": {
                    "version": "3.1",
                    "vectorString": "CVSS:3.1/AV:A/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H",
                    "baseScore": 6.5,
                    "baseSeverity": "MEDIUM",
                },
            },
            {
                "products": ["R1"],
                "cvss_v2": {"version": "2.0", "vectorString": "AV:L/AC:H/Au:S/C:N/I:N/A:P", "baseScore": 1.0},
            },
        ],
        "remediations": [
            {"category": "workaround", "details": "Close port 80.", "group_ids": ["old"]},
            {
                "category": "vendor_fix",
                "details": "Acme recommends users update to version 3.0 or later.",
                "product_ids": ["P1", "P2"],
                "url": "https://acme.example/fix",
                "date": "2026-02-15T00:00:00Z",
            },
        ],
        "threats": [{"category": "exploit_status", "details": "none known"}],
    }


def _other() -> dict[str, Any]:
    return {
        "ids": [{"system_name": "Acme", "text": "ACME-BUG-7"}],
        "product_status": {"under_investigation": ["P1"]},
    }


def kev() -> dict[str, Any]:
    """A catalogue of two."""
    entry = {
        "cveID": "CVE-2024-0001",
        "vendorProject": "Acme",
        "product": "Portal",
        "vulnerabilityName": "Acme Portal Command Injection Vulnerability",
        "dateAdded": "2024-05-01",
        "shortDescription": "Commands can be injected.",
        "requiredAction": "Apply the update.",
        "dueDate": "2024-05-22",
        "knownRansomwareCampaignUse": "Known",
        "notes": "",
        "cwes": ["CWE-77"],
    }
    other = {**entry, "cveID": "CVE-2024-0002", "knownRansomwareCampaignUse": "Unknown", "cwes": []}
    return {
        "title": "Catalogue",
        "catalogVersion": "2024.05.01",
        "dateReleased": "2024-05-01T15:00:00.1234Z",
        "count": 2,
        "vulnerabilities": [entry, other],
    }


EPSS = """\
#model_version:v2025.03.14,score_date:2026-11-28T12:55:00+0000
cve,epss,percentile
CVE-1999-0001,0.01254,0.78921
CVE-2026-1000,0.97,0.999
"""


def cpe(vendor: str, product: str, version: str = "*", part: str = "a") -> str:
    """A CPE 2.3 text."""
    return f"cpe:2.3:{part}:{vendor}:{product}:{version}:*:*:*:*:*:*:*"


def nvd() -> dict[str, Any]:
    """A page of the database with a product on a platform, scores of all versions, and a rejected number."""
    match = {"vulnerable": True, "criteria": cpe("acme", "portal"), "matchCriteriaId": "x"}
    ranged = {**match, "versionStartIncluding": "2.0", "versionEndExcluding": "2.4.1"}
    single = {**match, "criteria": cpe("acme", "portal", "1\\:9")}
    platform = {"vulnerable": False, "criteria": cpe("acme", "appliance_os", part="o")}
    metrics = {
        "cvssMetricV40": [
            _metric("4.0", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 9.3)
        ],
        "cvssMetricV31": [_metric("3.1", "CVSS:3.1/AV:N/AC:H/PR:L/UI:R/S:U/C:H/I:H/A:H", 7.1)],
        "cvssMetricV2": [
            {**_metric("2.0", "AV:N/AC:L/Au:N/C:P/I:P/A:P", 7.5), "userInteractionRequired": False}
        ],
    }
    cve = {
        "id": "CVE-2026-1000",
        "sourceIdentifier": "psirt@acme.example",
        "published": "2026-01-31T10:00:00.000",
        "lastModified": "2026-02-02T10:00:00.123",
        "vulnStatus": "Analyzed",
        "descriptions": [
            {"lang": "es", "value": "Hola"},
            {"lang": "en", "value": "The portal can be taken over."},
        ],
        "metrics": metrics,
        "weaknesses": [
            {"description": [{"lang": "en", "value": "CWE-77"}, {"lang": "en", "value": "NVD-CWE-noinfo"}]}
        ],
        "configurations": [
            {"nodes": [{"operator": "OR", "negate": False, "cpeMatch": [ranged, single]}]},
            {
                "operator": "AND",
                "nodes": [
                    {"operator": "OR", "negate": False, "cpeMatch": [match]},
                    {"operator": "OR", "negate": False, "cpeMatch": [platform]},
                ],
            },
        ],
        "references": [{"url": "https://acme.example/1"}],
        "cisaExploitAdd": "2026-02-03",
        "cisaActionDue": "2026-02-24",
        "cisaRequiredAction": "Apply the update.",
        "cisaVulnerabilityName": "Acme Portal Take-over",
    }
    rejected = {"id": "CVE-2026-1001", "vulnStatus": "Rejected", "descriptions": []}
    return {
        "resultsPerPage": 2,
        "startIndex": 0,
        "totalResults": 2,
        "format": "NVD_CVE",
        "version": "2.0",
        "timestamp": "2026-11-28T10:00:00.000",
        "vulnerabilities": [{"cve": cve}, {"cve": rejected}],
    }


def _metric(version: str, vector: str, base: float) -> dict[str, Any]:
    data = {"version": version, "vectorString": vector, "baseScore": base}
    return {"source": "nvd@nist.gov", "type": "Primary", "cvssData": data}


def cve_record() -> dict[str, Any]:
    """A record of cve.org with ranges, a change on the way, and what CISA added."""
    return {
        "dataType": "CVE_RECORD",
        "dataVersion": "5.1",
        "cveMetadata": {
            "cveId": "CVE-2026-1000",
            "state": "PUBLISHED",
            "assignerShortName": "acme",
            "datePublished": "2026-01-31T10:00:00.000Z",
            "dateUpdated": "2026-02-02T10:00:00.000Z",
        },
        "containers": {
            "cna": {
                "title": "Take-over of the portal",
                "descriptions": [{"lang": "en", "value": "The portal can be taken over."}],
                "affected": [
                    {
                        "vendor": "Acme",
                        "product": "Portal",
                        "cpes": [cpe("acme", "portal")],
                        "defaultStatus": "unaffected",
                        "versions": [
                            {
                                "version": "2.0",
                                "lessThan": "3.0",
                                "status": "affected",
                                "versionType": "semver",
                                "changes": [{"at": "2.4.1", "status": "unaffected"}],
                            },
                            {"version": "0", "lessThanOrEqual": "1.9", "status": "affected"},
                            {"version": "5.0", "lessThan": "5.*", "status": "unknown"},
                            {"version": "All versions before 0.5", "status": "affected"},
                        ],
                    },
                    {"vendor": "Acme", "product": "Viewer", "defaultStatus": "affected"},
                ],
                "metrics": [
                    {
                        "format": "CVSS",
                        "cvssV3_1": {
                            "version": "3.1",
                            "vectorString": "CVSS:3.1/AV:P/AC:L/PR:H/UI:N/S:U/C:H/I:N/A:N",
                            "baseScore": 4.0,
                        },
                    }
                ],
                "problemTypes": [{"descriptions": [{"lang": "en", "type": "CWE", "cweId": "CWE-77"}]}],
                "references": [{"url": "https://acme.example/1"}],
                "providerMetadata": {"shortName": "acme"},
            },
            "adp": [
                {
                    "title": "CISA ADP",
                    "providerMetadata": {"shortName": "CISA-ADP"},
                    "metrics": [{"other": {"type": "kev", "content": {"dateAdded": "2026-02-03"}}}],
                }
            ],
        },
    }


def cyclonedx() -> dict[str, Any]:
    """A bill with nested components and statements on two weaknesses."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
        "version": 3,
        "metadata": {
            "timestamp": "2026-05-01T10:00:00Z",
            "component": {
                "type": "device",
                "bom-ref": "pump",
                "name": "Pump One",
                "version": "2.4",
                "supplier": {"name": "Acme"},
            },
        },
        "components": [
            {
                "type": "library",
                "bom-ref": "zlib",
                "name": "zlib",
                "version": "1.2.11",
                "purl": "pkg:generic/zlib@1.2.11",
                "cpe": cpe("zlib", "zlib", "1.2.11"),
                "hashes": [{"alg": "SHA-256", "content": "CAFE"}],
                "components": [{"type": "file", "name": "inflate.c"}],
            },
            {"type": "operating-system", "bom-ref": "os", "name": "VxWorks", "publisher": "Wind River"},
        ],
        "vulnerabilities": [
            {
                "id": "CVE-2018-25032",
                "source": {"name": "NVD", "url": "https://nvd.example/CVE-2018-25032"},
                "ratings": [
                    {
                        "source": {"name": "NVD"},
                        "score": 7.5,
                        "severity": "high",
                        "method": "CVSSv31",
                        "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H",
                    },
                    {"score": 3, "method": "OWASP"},
                ],
                "cwes": [787],
                "description": "Memory is damaged by odd input.",
                "recommendation": "Acme recommends to update to version 2.5.",
                "published": "2022-03-25T10:00:00Z",
                "analysis": {
                    "state": "not_affected",
                    "justification": "code_not_reachable",
                    "response": ["update"],
                },
                "affects": [{"ref": "zlib"}],
            },
            {
                "id": "CVE-2026-1000",
                "analysis": {"state": "exploitable"},
                "affects": [
                    {
                        "ref": "pump",
                        "versions": [
                            {"range": "vers:generic/>=2.0|<2.5", "status": "affected"},
                            {"version": "2.5", "status": "unaffected"},
                        ],
                    }
                ],
            },
        ],
    }


CYCLONEDX_XML = """<?xml version="1.0" encoding="UTF-8"?>
<bom xmlns="http://cyclonedx.org/schema/bom/1.5" version="3"
     serialNumber="urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79">
  <metadata>
    <timestamp>2026-05-01T10:00:00Z</timestamp>
    <component type="device" bom-ref="pump">
      <supplier><name>Acme</name></supplier><name>Pump One</name><version>2.4</version>
    </component>
  </metadata>
  <components>
    <component type="library" bom-ref="zlib">
      <name>zlib</name><version>1.2.11</version>
      <hashes><hash alg="SHA-256">CAFE</hash></hashes>
      <cpe>cpe:2.3:a:zlib:zlib:1.2.11:*:*:*:*:*:*:*</cpe><purl>pkg:generic/zlib@1.2.11</purl>
      <components><component type="file"><name>inflate.c</name></component></components>
    </component>
    <component type="operating-system" bom-ref="os">
      <publisher>Wind River</publisher><name>VxWorks</name>
    </component>
  </components>
  <vulnerabilities>
    <vulnerability>
      <id>CVE-2018-25032</id>
      <source><name>NVD</name><url>https://nvd.example/CVE-2018-25032</url></source>
      <ratings>
        <rating>
          <source><name>NVD</name></source><score>7.5</score><severity>high</severity><method>CVSSv31</method>
          <vector>CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H</vector>
        </rating>
        <rating><score>3</score><method>OWASP</method></rating>
      </ratings>
      <cwes><cwe>787</cwe></cwes>
      <description>Memory is damaged by odd input.</description>
      <recommendation>Acme recommends to update to version 2.5.</recommendation>
      <published>2022-03-25T10:00:00Z</published>
      <analysis>
        <state>not_affected</state><justification>code_not_reachable</justification>
        <responses><response>update</response></responses>
      </analysis>
      <affects><target><ref>zlib</ref></target></affects>
    </vulnerability>
    <vulnerability>
      <id>CVE-2026-1000</id>
      <analysis><state>exploitable</state></analysis>
      <affects><target><ref>pump</ref><versions>
        <version><range>vers:generic/>=2.0|&lt;2.5</range><status>affected</status></version>
        <version><version>2.5</version><status>unaffected</status></version>
      </versions></target></affects>
    </vulnerability>
  </vulnerabilities>
</bom>
"""

NMAP = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE nmaprun>
<nmaprun scanner="nmap" args="nmap -sV -O -oX - 10.1.2.0/24" start="1764300000"
  startstr="Fri Nov 28 03:20:00 2025"
  version="7.95">
<host starttime="1764300001" endtime="1764300060"><status state="up" reason="arp-response"/>
<address addr="10.1.2.5" addrtype="ipv4"/><address addr="00:0C:29:AA:BB:CC" addrtype="mac" vendor="VMware"/>
<hostnames><hostname name="pacs.clinic.example" type="PTR"/></hostnames>
<ports><extraports state="closed" count="997"/>
<port protocol="tcp" portid="104"><state state="open" reason="syn-ack"/>
<service name="acr-nema" method="table"/></port>
<port protocol="tcp" portid="443"><state state="open"/>
<service name="http" product="Apache httpd" version="2.4.49" tunnel="ssl">
<cpe>cpe:/a:apache:http_server:2.4.49</cpe></service>
<script id="vulners" output="long"><table key="cpe:/a:apache:http_server:2.4.49"><table>
<elem key="id">CVE-2021-41773</elem><elem key="cvss">9.8</elem><elem key="type">cve</elem></table><table>
<elem key="id">EDB-ID:50383</elem><elem key="cvss">9.8</elem><elem key="type">exploitdb</elem></table></table>
</script></port>
<port protocol="udp" portid="161"><state state="open|filtered"/><service name="snmp"/></port>
<port protocol="tcp" portid="23"><state state="closed"/></port>
</ports>
<os><osmatch name="Linux 5.4" accuracy="98"><osclass>
<cpe>cpe:/o:linux:linux_kernel:5.4</cpe></osclass></osmatch>
<osmatch name="Linux 4" accuracy="90"><osclass><cpe>cpe:/o:linux:linux_kernel:4</cpe></osclass></osmatch></os>
</host>
<host><status state="down"/><address addr="10.1.2.6" addrtype="ipv4"/></host>
<host><status state="up"/><address addr="fe80::1" addrtype="ipv6"/></host>
<runstats><finished time="1764300100" exit="success"/><hosts up="2" down="1" total="3"/></runstats>
</nmaprun>
"""

NESSUS = """<?xml version="1.0" ?>
<NessusClientData_v2>
<Policy><policyName>Basic</policyName></Policy>
<Report name="Ward scan">
<ReportHost name="10.1.2.5"><HostProperties>
<tag name="HOST_END_TIMESTAMP">1764300060</tag><tag name="HOST_END">Fri Nov 28 03:21:00 2025</tag>
<tag name="host-ip">10.1.2.5</tag><tag name="mac-address">00:0C:29:AA:BB:CC</tag>
<tag name="operating-system">Linux Kernel 5.4</tag><tag name="host-fqdn">pacs.clinic.example</tag>
<tag name="cpe">cpe:/o:linux:linux_kernel:5.4</tag>
<tag name="cpe-0">cpe:/a:apache:http_server:2.4.49 -&gt; Apache HTTP Server</tag></HostProperties>
<ReportItem port="443" svc_name="www" protocol="tcp" severity="4" pluginID="153952"
  pluginName="Apache 2.4.49 Traversal">
<cve>CVE-2021-41773</cve><cvss_base_score>4.3</cvss_base_score><cvss3_base_score>7.5</cvss3_base_score>
<cvss3_vector>CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N</cvss3_vector>
<solution>Upgrade to Apache 2.4.51.</solution></ReportItem>
<ReportItem port="443" svc_name="www" protocol="tcp" severity="0" pluginID="10863"
  pluginName="SSL Certificate Information"/>
<ReportItem port="0" svc_name="general" protocol="tcp" severity="0" pluginID="19506"
  pluginName="Scan Information"/>
</ReportHost></Report></NessusClientData_v2>
"""

OPENVAS = """<report id="aa11" format_id="x"><owner><name>admin</name></owner>
<report id="aa11"><scan_start>2025-11-28T03:20:00Z</scan_start>
<ports start="1" max="2"><port>104/tcp<host>10.1.2.5</host><severity>0.0</severity></port></ports>
<results start="1" max="9">
<result id="r1"><name>Apache 2.4.49 Traversal</name>
<host>10.1.2.5<asset asset_id=""/><hostname>pacs</hostname></host>
<port>443/tcp</port><nvt oid="1.3.6.1.4.1.25623.1.0.1"><name>Apache</name><cvss_base>7.5</cvss_base>
<severities score="75">
<severity type="cvss_base_v2"><score>5.0</score>
<value>AV:N/AC:L/Au:N/C:P/I:N/A:N</value></severity>
<severity type="cvss_base_v3"><score>7.5</score>
<value>CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N</value></severity>
</severities><refs><ref type="cve" id="CVE-2021-41773"/><ref type="url" id="https://x.example"/></refs>
<solution type="VendorFix">Update.</solution></nvt><threat>High</threat><severity>7.5</severity>
<qod><value>98</value></qod></result>
<result id="r2"><name>Old</name><host>10.1.2.6</host><port>general/tcp</port>
<nvt oid="1.3.6.1.4.1.25623.1.0.2"><cve>CVE-2008-0001, CVE-2008-0002</cve>
<tags>cvss_base_vector=AV:L/AC:H/Au:N/C:P/I:N/A:N|summary=old</tags><cvss_base>1.2</cvss_base></nvt>
<threat>Low</threat><severity>1.2</severity></result>
<result id="r3"><name>No</name><host>10.1.2.6</host><port>general/tcp</port><nvt oid="1"/>
<threat>False Positive</threat>
<severity>-1.0</severity></result>
</results>
<host><ip>10.1.2.5</ip><start>2025-11-28T03:20:05Z</start><end>2025-11-28T03:21:00Z</end>
<detail><name>best_os_txt</name><value>Linux 5.4</value></detail>
<detail><name>best_os_cpe</name><value>cpe:/o:linux:linux_kernel:5.4</value></detail>
<detail><name>MAC</name><value>00:0C:29:AA:BB:CC</value></detail>
<detail><name>Services</name><value>443,tcp,www,TLS</value></detail></host>
</report></report>
"""

IDENTITY = {
    "schema": "panacea/identity-event/v1",
    "id": "e-1",
    "kind": "password_leaked",
    "subject": "nurse_12",
    "at": "2026-11-28T07:00:00+01:00",
    "system": "directory",
    "detail": "in a public list",
    "expires": "2027-02-28",
}
INCIDENT = {
    "schema": "panacea/incident-report/v1",
    "id": "i-1",
    "title": "Ransomware at a neighbour",
    "kind": "ransomware",
    "at": "2026-11-20T02:00:00Z",
    "ended": "2026-11-22T02:00:00Z",
    "where": "mater",
    "subjects": ["ehr", "lab"],
    "techniques": ["T1486", "T1566.001"],
    "origin": "national CSIRT",
}
EVENTS = json.dumps(IDENTITY) + "\n" + json.dumps(INCIDENT) + "\n"

#: One file in each format.
ALL: dict[str, str] = {
    "csaf": json.dumps(csaf(), indent=1),
    "kev": json.dumps(kev(), indent=1),
    "epss": EPSS,
    "nvd": json.dumps(nvd(), indent=1),
    "cve": json.dumps(cve_record(), indent=1),
    "cyclonedx": json.dumps(cyclonedx(), indent=1),
    "cyclonedx_xml": CYCLONEDX_XML,
    "nmap": NMAP,
    "nessus": NESSUS,
    "openvas": OPENVAS,
    "events": EVENTS,
}


def written(folder: Path, name: str) -> Path:
    """A file of that format whose name says nothing."""
    path = folder / "data.bin"
    path.write_text(ALL[name], encoding="utf-8")
    return path
