"""One hospital network in two languages: ours, and the Meta Attack Language (MAL) as mal-toolbox reads it.

Both have the same nodes and edges. A host can be contacted, held as a user, held as an administrator, or be
down; one is in a zone at all or not: OR nodes, facts with us. Reaching a host in a zone, exploiting a
vulnerability, raising privileges, stopping the host, spreading into the zone and crossing a conduit are AND
nodes, instances of steps with us.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

STEPS = """
relation attempts(threat_actor)
attempts(t) if t is threat_actor
relation at(zone)
relation contacted(system)
relation held(system)
relation owned(system)
relation down(system)
step begin { for threat_actor t, zone z from attempts(t), z in t.starts_at to at(z) chance 100 % effort 1 h }
step reach { for system h, zone z from at(z), h.zone = z to contacted(h) chance 90 % effort 1 h }
step exploit { for system h, vulnerability v
  from contacted(h), v.subject = h to held(h) chance 30 % effort 2 d }
step escalate { for system h from held(h) to owned(h) chance 25 % effort 4 h }
step stop { for system h from owned(h) to down(h) chance 70 % effort 1 h }
step spread { for system h, zone z from held(h), h.zone = z to at(z) chance 95 % effort 1 h }
step cross { for conduit c, zone x, zone y
  from at(x), c.source = x, c.target = y to at(y) chance 50 % effort 1 d }
"""

#: The same in MAL. An attack step marked `|` is an OR node, one marked `&` an AND node.
MAL = """
#id: "panacea.benchmark"
#version: "1.0.0"

category Hospital {
  asset Zone {
    | at
      -> hosts.reach, outgoing.cross
  }
  asset Conduit {
    & cross [Bernoulli(0.5)]
      -> target.at
  }
  asset Host {
    & reach [Bernoulli(0.9)]
      -> contacted
    | contacted
      -> vulnerabilities.exploit
    | held
      -> escalate, spread
    & escalate [Bernoulli(0.25)]
      -> owned
    | owned
      -> stop
    & stop [Bernoulli(0.7)]
      -> down
    | down
    & spread [Bernoulli(0.95)]
      -> zone.at
  }
  asset Vulnerability {
    & exploit [Bernoulli(0.3)]
      -> host.held
  }
}
associations {
  Host [hosts] * <-- Membership --> 1 [zone] Zone
  Zone [source] 1 <-- Origin --> * [outgoing] Conduit
  Conduit [incoming] * <-- Destination --> 1 [target] Zone
  Host [host] 1 <-- Weakness --> * [vulnerabilities] Vulnerability
}
"""

#: Hosts in one zone; zones form a ring of conduits in both directions.
PER_ZONE = 100


@dataclass(frozen=True, slots=True)
class Network:
    """How many hosts there are, and how many vulnerabilities each has."""

    hosts: int
    vulnerabilities: int

    @property
    def zones(self) -> int:
        return max(2, self.hosts // PER_ZONE)

    @property
    def conduits(self) -> list[tuple[int, int]]:
        """The zones that each conduit joins."""
        ring = [(zone, (zone + 1) % self.zones) for zone in range(self.zones)]
        return [*ring, *((b, a) for a, b in ring)]

    @property
    def nodes(self) -> int:
        """AND and OR nodes: eight a host, and one for each vulnerability, zone and conduit."""
        return self.hosts * (8 + self.vulnerabilities) + self.zones + len(self.conduits)


def write(folder: Path, network: Network) -> Path:
    """Writes the network as a model of ours; gives the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "hosts.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["tag", "zone"])
        rows.writerows((f"H-{host}", host % network.zones) for host in range(network.hosts))
    known = "  ".join(f"vulnerability v{n} {{}}" for n in range(network.vulnerabilities))
    lines = [
        *(f"zone z{zone} {{}}" for zone in range(network.zones)),
        *(f"conduit c{n}: z{a} -> z{b} {{}}" for n, (a, b) in enumerate(network.conduits)),
        "table zone_of {",
        *(f"  {zone}: z{zone}" for zone in range(network.zones)),
        "}",
        'system host from inventory("hosts.csv") {',
        f'  id: column("tag")  zone: lookup(zone_of, column("zone"))  {known}',
        "}",
        "threat_actor gang { starts_at: [z0] }",
        STEPS,
    ]
    (folder / "network.panacea").write_text("\n".join(lines), encoding="utf-8")
    return folder
