"""Draw a layered graph as SVG; equal graphs give equal bytes (Sugiyama et al. 1981).

Lines to the same node run together: one line between two floors serves all edges that end there.
"""

from collections.abc import Collection, Sequence
from html import escape
from itertools import pairwise

Edge = tuple[str, str]
Point = tuple[str, int]
"""A node, or a bend of the line to it, on a floor."""

BOX_WIDTH, BOX_HEIGHT, BEND_WIDTH, GAP, FLOOR_HEIGHT, MARGIN = 104, 34, 8, 26, 84, 24
SWEEPS = 24
COLOURS = (
    *("#2b6cb0", "#c05621", "#2f855a", "#6b46c1", "#b7791f"),
    *("#0f8b8d", "#b83280", "#c53030", "#5a7d1c", "#7b5e57", "#475569"),
)
PLAIN = "#4b5563"
STYLE = "font-family='DejaVu Sans, Verdana, sans-serif' font-size='14'"


def svg(
    floors: Sequence[Sequence[str]], edges: Collection[Edge], *, dashed: Collection[str]
) -> str:
    """Return the picture: floors from top to bottom, arrows at what an edge ends in."""
    rank = {name: number for number, floor in enumerate(floors) for name in floor}
    lines = sorted({line for edge in edges for line in _lines(edge, rank)})
    x = _columns(rank, lines)
    width = max(x.values()) + BOX_WIDTH / 2 + MARGIN
    height = MARGIN * 2 + (len(floors) - 1) * FLOOR_HEIGHT + BOX_HEIGHT
    ends = sorted({other for _, other in edges})
    colour = dict.fromkeys(rank, PLAIN)
    colour |= {name: COLOURS[number % len(COLOURS)] for number, name in enumerate(ends)}
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width:.0f} {height:.0f}' {STYLE}>",
        f"<title>{escape(_told(edges))}</title>",
        f"<rect width='{width:.0f}' height='{height:.0f}' fill='#ffffff'/>",
    ]
    for start, end in lines:
        is_dashed = end[0] in dashed
        parts.append(_curve(start, end, x, rank, colour[end[0]], dashed=is_dashed))
    parts += [_box(name, x[name, rank[name]], rank[name], colour[name]) for name in sorted(rank)]
    return "\n".join([*parts, "</svg>", ""])


def _told(edges: Collection[Edge]) -> str:
    return "; ".join(f"{one} imports {other}" for one, other in sorted(edges))


def _lines(edge: Edge, rank: dict[str, int]) -> list[tuple[Point, Point]]:
    """Cut an edge into lines from one floor to the next."""
    one, other = edge
    path = [(one, rank[one]), *((other, floor) for floor in range(rank[one] + 1, rank[other] + 1))]
    return list(pairwise(path))


def _columns(rank: dict[str, int], lines: Sequence[tuple[Point, Point]]) -> dict[Point, float]:
    """Place the points of each floor side by side, near what they are joined to."""
    near: dict[Point, list[Point]] = {(name, floor): [] for name, floor in rank.items()}
    for start, end in lines:
        near.setdefault(start, []).append(end)
        near.setdefault(end, []).append(start)
    rows: list[list[Point]] = [[] for _ in range(max(rank.values()) + 1)]
    for point in sorted(near):
        rows[point[1]].append(point)
    x: dict[Point, float] = {}
    for row in rows:
        _spread(row, x, {point: float(number) for number, point in enumerate(row)}, rank)
    for sweep in range(SWEEPS):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wanted = {
                point: sum(x[other] for other in near[point]) / len(near[point])
                if near[point]
                else x[point]
                for point in row
            }
            _spread(row, x, wanted, rank)
    left = min(place - _width(point, rank) / 2 for point, place in x.items())
    return {point: place - left + MARGIN for point, place in x.items()}


def _spread(
    row: list[Point], x: dict[Point, float], wanted: dict[Point, float], rank: dict[str, int]
) -> None:
    """Order a floor by the wanted places and move its points apart until none overlap."""
    row.sort(key=lambda point: (wanted[point], point))
    place: list[float] = []
    for point in row:
        reach = 0.0
        if place:
            last = row[len(place) - 1]
            reach = place[-1] + (_width(last, rank) + _width(point, rank)) / 2 + GAP
        place.append(max(wanted[point], reach) if place else wanted[point])
    # What was pushed to the right as a whole goes back to where it wanted to be on average.
    shift = sum(wanted[point] - at for point, at in zip(row, place, strict=True)) / len(row)
    x.update({point: at + shift for point, at in zip(row, place, strict=True)})


def _width(point: Point, rank: dict[str, int]) -> float:
    return BOX_WIDTH if rank[point[0]] == point[1] else BEND_WIDTH


def _middle(floor: int) -> float:
    return MARGIN + BOX_HEIGHT / 2 + floor * FLOOR_HEIGHT


def _curve(
    start: Point,
    end: Point,
    x: dict[Point, float],
    rank: dict[str, int],
    colour: str,
    *,
    dashed: bool,
) -> str:
    arrives = rank[end[0]] == end[1]
    top, bottom = _middle(start[1]), _middle(end[1]) - (BOX_HEIGHT / 2 if arrives else 0)
    one, other, bend = x[start], x[end], (bottom - top) / 2
    path = f"M{one:.1f} {top:.1f}C{one:.1f} {top + bend:.1f} {other:.1f} {bottom - bend:.1f} "
    path += f"{other:.1f} {bottom:.1f}"
    dash = " stroke-dasharray='5 4'" if dashed else ""
    line = f"<path d='{path}' fill='none' stroke='{colour}' stroke-width='1.6'{dash}/>"
    if not arrives:
        return line
    head = f"M{other - 5:.1f} {bottom - 9:.1f}h10l-5 9z"
    return f"{line}<path d='{head}' fill='{colour}'/>"


def _box(name: str, centre: float, floor: int, colour: str) -> str:
    top = _middle(floor) - BOX_HEIGHT / 2
    return (
        f"<rect x='{centre - BOX_WIDTH / 2:.1f}' y='{top:.1f}' width='{BOX_WIDTH}' "
        f"height='{BOX_HEIGHT}' rx='6' fill='#f8fafc' stroke='{colour}' stroke-width='1.6'/>"
        f"<text x='{centre:.1f}' y='{_middle(floor) + 5:.1f}' text-anchor='middle' "
        f"fill='#111827'>{escape(name)}</text>"
    )
