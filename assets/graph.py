"""The dependency graph of an engagement: what is needed most, what goes in circles."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import rustworkx as rx


@dataclass(frozen=True, slots=True)
class Shape:
    """`most_needed` holds (asset, how many assets need it directly), the most needed first."""

    assets: int
    dependencies: int
    groups: int
    largest_group: int
    cycles: int
    most_needed: list[tuple[UUID, int]]


def shape(edges: Iterable[tuple[UUID, UUID]], top: int = 10) -> Shape:
    """The shape of the graph of (who needs, what is needed). Groups move together."""
    graph = _graph(edges)
    groups = rx.weakly_connected_components(graph)
    circles = [knot for knot in rx.strongly_connected_components(graph) if len(knot) > 1]
    needed = sorted(
        ((graph[place], graph.in_degree(place)) for place in graph.node_indices()),
        key=lambda item: (-item[1], str(item[0])),
    )
    return Shape(
        assets=graph.num_nodes(),
        dependencies=graph.num_edges(),
        groups=len(groups),
        largest_group=max(map(len, groups), default=0),
        cycles=len(circles),
        most_needed=[item for item in needed[:top] if item[1]],
    )


def groups(edges: Iterable[tuple[UUID, UUID]]) -> list[set[UUID]]:
    """The assets that move together, the largest group first."""
    graph = _graph(edges)
    found = [{graph[place] for place in group} for group in rx.weakly_connected_components(graph)]
    return sorted(found, key=lambda group: (-len(group), str(min(group))))


def _graph(edges: Iterable[tuple[UUID, UUID]]) -> "rx.PyDiGraph[UUID, None]":
    graph: rx.PyDiGraph[UUID, None] = rx.PyDiGraph(multigraph=False)
    places: dict[UUID, int] = {}
    for pair in edges:
        source, target = (
            places[asset] if asset in places else places.setdefault(asset, graph.add_node(asset))
            for asset in pair
        )
        graph.add_edge(source, target, None)
    return graph
