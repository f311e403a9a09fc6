"""The hospital as modelled: its network and what its care processes need, so that readers can judge the
model.
"""

from __future__ import annotations

from dataclasses import dataclass

from panacea_policy.report.chapter import ChapterContent, Context, section
from panacea_policy.report.graphs.network import zones
from panacea_policy.report.graphs.processes import processes
from panacea_policy.report.graphs.svg import draw_svg, svg_element
from panacea_policy.report.plates import figure


@dataclass(frozen=True)
class Hospital:
    """Pictures of the model."""

    id: str = "hospital"
    title: str = "The hospital as modelled"
    order: int = 500

    def build(self, context: Context) -> ChapterContent | None:
        """Zones with conduits, and processes with needs; both also as files."""
        sections, files = [], {}
        network = zones(context.workspace.model)
        if network.nodes:
            files["pictures/zones.svg"] = draw_svg(network)
            sections.append(
                section(
                    "Zones and conduits",
                    figure(
                        svg_element(network, limit=900.0),
                        "Who can talk to whom. Like devices are shown as one line.",
                    ),
                )
            )
        needs = processes(context.workspace.model, risk=context.risk)
        if needs.nodes:
            files["pictures/processes.svg"] = draw_svg(needs)
            sections.append(
                section(
                    "What care processes need",
                    figure(
                        svg_element(needs, limit=900.0),
                        "From each process to the systems that it cannot do without.",
                    ),
                )
            )
        return ChapterContent(tuple(sections), files=files) if sections else None
