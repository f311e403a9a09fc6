"""How fast feeds are read: EPSS and the NVD, beside the bare parsers of the standard library and msgspec.

    python benchmarks/feeds.py [CVES]

Both files are generated: 300,000 rows of EPSS, and CVES entries of the NVD (default 10,000: about 50 MB) with
six references, three scores and eight products each. Times are processor seconds, the least of several runs;
the peers only parse, the readers check every value and make records.
"""

from __future__ import annotations

import csv
import io
import json
import random
import sys
import time
from collections.abc import Callable
from typing import Any

import msgspec

from panacea_policy.formats.feeds.detect import read_bytes

ROWS = 300_000


def epss() -> bytes:
    """A day of scores."""
    draw = random.Random(1)
    head = "#model_version:v2025.03.14,score_date:2026-11-28T12:55:00+0000\ncve,epss,percentile\n"
    rows = (f"CVE-2024-{n},{draw.random():.5f},{draw.random():.5f}\n" for n in range(1_000, 1_000 + ROWS))
    return (head + "".join(rows)).encode()


def nvd(entries: int) -> bytes:
    """A year of entries."""
    listed = [{"cve": _entry(n)} for n in range(entries)]
    return json.dumps({"format": "NVD_CVE", "version": "2.0", "vulnerabilities": listed}, indent=1).encode()


def _entry(n: int) -> dict[str, Any]:
    matches = [
        {
            "vulnerable": True,
            "criteria": f"cpe:2.3:a:vendor{n % 500}:product{n % 3_000}_{k}:*:*:*:*:*:*:*:*",
            "versionStartIncluding": f"{k}.0",
            "versionEndExcluding": f"{k}.{n % 40}",
            "matchCriteriaId": f"A1B2C3D4-0000-0000-0000-{n * 8 + k:012d}",
        }
        for k in range(8)
    ]
    scores = {
        "cvssMetricV40": [
            _score("4.0", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 9.3)
        ],
        "cvssMetricV31": [_score("3.1", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8)],
        "cvssMetricV2": [_score("2.0", "AV:N/AC:L/Au:N/C:P/I:P/A:P", 7.5)],
    }
    return {
        "id": f"CVE-2024-{n + 1_000}",
        "published": "2024-01-31T10:00:00.000",
        "lastModified": "2024-02-02T10:00:00.123",
        "vulnStatus": "Analyzed",
        "descriptions": [{"lang": "en", "value": "A long description of the matter. " * 12}],
        "metrics": scores,
        "weaknesses": [{"description": [{"lang": "en", "value": "CWE-77"}]}],
        "configurations": [{"nodes": [{"operator": "OR", "negate": False, "cpeMatch": matches}]}],
        "references": [{"url": f"https://vendor.example/{n}/{k}", "tags": ["Patch"]} for k in range(6)],
    }


def _score(version: str, vector: str, base: float) -> dict[str, Any]:
    data = {"version": version, "vectorString": vector, "baseScore": base}
    return {"source": "nvd@nist.gov", "type": "Primary", "cvssData": data}


def best(work: Callable[[], object], rounds: int = 3) -> float:
    """The least processor time of several runs, in seconds."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def main() -> int:
    """Print one line for each file and way of reading it."""
    scores, entries = epss(), nvd(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
    assert len(read_bytes(scores, "epss").records) == ROWS
    ways: list[tuple[str, bytes, Callable[[], object]]] = [
        ("EPSS, read", scores, lambda: read_bytes(scores, "epss")),
        ("EPSS, csv alone", scores, lambda: list(csv.reader(io.StringIO(scores.decode())))),
        ("NVD, read", entries, lambda: read_bytes(entries, "nvd")),
        ("NVD, json alone", entries, lambda: json.loads(entries)),
        ("NVD, msgspec alone", entries, lambda: msgspec.json.decode(entries)),
    ]
    for name, data, work in ways:
        seconds = best(work)
        print(f"{name:20} {len(data) / 1e6:7.1f} MB  {seconds:6.2f} s  {len(data) / 1e6 / seconds:6.1f} MB/s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
