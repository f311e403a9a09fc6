"""From texts and inventories to facts and verdicts: the reference hospital, and models of growing size.

    python benchmarks/workspace.py [--small]

Figures, each from processes of their own: `panacea check models/riverside` with a warm and with an empty disk
cache; 100,000 devices of a CSV inventory to facts, beside reading the same file with Python's `csv` module
alone; time and peak memory of all verdicts at 1,000, 10,000 and 100,000 assets, with the exponent fitted on a
double logarithmic scale.
"""

from __future__ import annotations

import argparse
import csv
import math
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ZONES = 40

TO_FACTS = """
import resource, sys, time
start = time.perf_counter()
from panacea_policy.compiler import Workspace
from panacea_policy.compiler.evaluation import fill_database
workspace = Workspace.open(sys.argv[1], cache=True)
errors = [each for each in workspace.diagnostics() if each.severity.value == "error"]
assert not errors, errors[0].message
evaluation = workspace.evaluation(workspace.as_of)
wanted = [name for rule in evaluation.program.rules for name in (rule.violated, rule.possible)]
fill_database(evaluation.program.builder, evaluation.facts, evaluation.symbols, wanted)
facts = time.perf_counter() - start
open_verdicts = len(workspace.findings()) if sys.argv[2] == "verdicts" else 0
whole = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(facts, whole, peak, open_verdicts)
"""


def model(folder: Path, devices: int) -> Path:
    """A hospital whose devices come from one CSV inventory; every thousandth is past its support."""
    with (folder / "devices.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["asset_tag", "vlan", "serial", "manufacturer", "support_end", "networked"])
        for number in range(devices):
            end = "2025-06-30" if number % 1000 == 0 else f"{2028 + number % 6}-0{1 + number % 9}-15"
            writer.writerow(
                [f"D-{number:06d}", number % ZONES, f"SN{number}", f"Maker {number % 7}", end, "yes"]
            )
    wards = ", ".join(f"ward_{n}" for n in range(ZONES))
    lines = [
        "use std.healthcare, packs.nis2, packs.gdpr, packs.design",
        "organisation large { country: IE  currency: EUR  partner: false }",
        "role ward_manager",
        *(
            f"zone ward_{number} {{ type: medical_device  trust: 3  wireless: false }}"
            for number in range(ZONES)
        ),
        "table vlan_zone {",
        *(f"  {number}: ward_{number}" for number in range(ZONES)),
        "}",
        f"risk_entry devices {{ subjects: [{wards}]  treatment: mitigate }}",
        'device pump : infusion_pump from inventory("devices.csv") {',
        '  id: column("asset_tag")  zone: lookup(vlan_zone, column("vlan"))  serial: column("serial")',
        '  support_end: column("support_end")  networked: column("networked")  owner: ward_manager',
        "  works_offline: true  state: in_service  keeps_health_data: false  wiped_on: 2026-01-01",
        "  stores: []  interactive: true  default_service_password: false  internet_facing: false",
        "  removable_media: false  environment: production",
        "}",
    ]
    path = folder / "hospital.panacea"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def measure(folder: Path, what: str, cache: Path) -> tuple[float, float, float, int]:
    """Seconds to facts, seconds in all, peak MB and open verdicts, of a process of its own."""
    environment = {**os.environ, "PANACEA_CACHE_DIR": str(cache)}
    command = [sys.executable, "-c", TO_FACTS, str(folder), what]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    facts, whole, peak, verdicts = done.stdout.split()
    return float(facts), float(whole), float(peak), int(verdicts)


def check(hospital: Path, cache: Path) -> float:
    """Seconds that `panacea check` takes, in a process of its own."""
    environment = {**os.environ, "PANACEA_CACHE_DIR": str(cache)}
    command = [
        sys.executable,
        "-m",
        "panacea_policy",
        "check",
        str(hospital),
        "--fail-on",
        "never",
    ]
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=environment)
    return time.perf_counter() - start


def after_edit(hospital: Path, cache: Path, number: int) -> float:
    """Seconds for a check right after one file was edited."""
    with (hospital / "hospital.panacea").open("a", encoding="utf-8") as file:
        file.write(f"# edit {number}\n")
    return check(hospital, cache)


def exponent(sizes: list[int], seconds: list[float]) -> float:
    """The slope of log time over log size, by least squares."""
    xs, ys = [math.log(each) for each in sizes], [math.log(each) for each in seconds]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / sum((a - x) ** 2 for a in xs)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--small", action="store_true", help="up to 10,000 assets only")
    arguments = parser.parse_args()
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cache = folder / "cache"
        hospital = folder / "riverside"
        shutil.copytree(ROOT / "models/riverside", hospital)
        cold = check(hospital, folder / "empty")
        check(hospital, cache)
        unchanged = sorted(check(hospital, cache) for _ in range(5))[2]
        edited = sorted(after_edit(hospital, cache, number) for number in range(5))[2]
        print(f"check models/riverside, warm cache, nothing changed: {unchanged:.2f} s (goal 1.0)")
        print(f"check models/riverside, warm cache, one file edited: {edited:.2f} s")
        print(f"check models/riverside, empty cache: {cold:.2f} s (goal 4)")
        sizes = [1_000, 10_000] if arguments.small else [1_000, 10_000, 100_000]
        times: list[float] = []
        for size in sizes:
            place = folder / str(size)
            place.mkdir()
            model(place, size)
            facts, whole, peak, verdicts = measure(place, "verdicts", cache)
            times.append(whole)
            print(
                f"{size:>7,} devices: facts {facts:.2f} s, all verdicts {whole:.2f} s, peak {peak:.0f} MB, "
                f"{verdicts} open verdicts"
            )
        print(f"exponent of time over size: {exponent(sizes, times):.2f} (goal 1.2)")
        largest = folder / str(sizes[-1])
        facts, _, peak, _ = measure(largest, "facts", cache)
        start = time.perf_counter()
        with (largest / "devices.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        alone = time.perf_counter() - start
        print(
            f"{len(rows):,} devices from CSV to facts: {facts:.2f} s, {peak:.0f} MB "
            f"(goal for 100,000: 10 s, 1,500 MB); csv.DictReader alone {alone:.2f} s, "
            f"ratio {facts / alone:.1f}"
        )
        print(f"this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
