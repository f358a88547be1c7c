"""``docs/drills.md``, written from what the drills measured."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from plimsoll.risk.guards import GUARDS
from tests.drills.evidence import read
from tests.drills.matrix_page import section_of, with_matrix
from tests.drills.picture import drawdown_svg

BEFORE = Path(__file__).with_name("before.json")
"""What the drills of what broke once saw with the code of then."""

BACKTEST_CANNOT: dict[str, str] = {
    "stale_data": "Freqtrade fills gaps in a backtest's candles",
    "api_errors": "a backtest asks no exchange",
    "manual_halt": "nobody can halt a backtest",
    "reconciliation": "a backtest has no account on an exchange",
    "model_accuracy": "in a backtest no accuracy was reported",
    "leverage": "no manual entry; the base lowers a strategy's leverage before the guard is asked",
}
"""Guards that cannot trip in a backtest, and why."""

NOT_REACHED: dict[str, str] = {
    "probation": "see the matrix",
    "price_collar": "see the matrix",
    "terminal_drawdown": "see the matrix",
    "reconciliation": "no price makes it act; see *What broke once* and *Bad input*",
}
"""Guards that no drill reaches, and why."""

HEAD = """# Drills

<!-- Written by `make drills` and `make drill-cases`. Do not edit by hand. -->

Every switch of the risk kit, thrown in a running `freqtrade trade` on the
[simulated exchange](venue.md), with the outcome checked in the decision log, the database, REST and
Telegram.

```bash
make drills         # the matrix: every guard under every fault; rewrites the section below
make drill-cases    # single cases, about {minutes:.0f} minutes; rewrites the sections after it
make test           # a short selection of both is among the tests
```

The bot's loop runs every 30 s of simulated time, at 120 times real time, on two cores shared with
other work. **Loops** are counted from the loop of the verdict: 1 means that the last position was
closed in the loop that tripped the guard. **Simulated s** is the time from the verdict to the last
close; since the clock runs 120 times as fast, 12 s of it are a tenth of a second of the bot's work.
"""

SWITCHES = """## What trips, and how long until flat

The limits are set so that one guard at a time can trip. *Value* is what the guard measured when it
did. In a running bot a breach takes effect at the third observation in a row
(`live_breach_observations`), in a backtest at the first candle. The backtest runs on the venue's
candles of the same span.

"""

SAME = """## The same events, bot and backtest

"""

DENIALS = """## Entries denied

With BTC open, the strategy wants ETH in every loop; the bot is restarted with each profile. The
last column is what `plimsoll log why` printed.

"""

CLOSING = """## What closes a position, and what only seems to

The flag file is created while something stands in the way of closing.

"""

BROKE = """## What broke once

Seven cases in which the kit had believed its own bookkeeping, or could not be heard. *Before* was
seen with commit `{commit}`: of 1 to 5 in the same drills. *Flat after* is the exchange's time
until it held nothing, by its own positions over its API (in a dry-run, by the database); a dash:
nothing is to be closed.

"""

BAD_INPUT = """## Bad input

A line, a record, and no entry. *Afterwards* is what `plimsoll status` says then; *again by itself*:
entries again once the input is good.

"""

ELSEWHERE = (
    (
        "6. Guards that are late by arithmetic: an entry asked about with 5,000 closed trades",
        "bench",
        "98 ms at 20 pairs, 780 at 200; 80 denied signals made one loop 24 s",
        "the table in [Benchmarks](benchmarks.md), measured in a running bot",
    ),
    (
        "7. The alarm does not reach the phone: rule names with `_`, reasons with `*`",
        "strict Telegram service",
        'refused as Markdown ("Can\'t parse entities") and lost',
        "every message delivered, as in [Messages](messages.md)",
    ),
)
"""Cases that are shown by measurement and by screens; no bot has to be brought into them."""

PICTURE = """
![Equity, limits, verdict and fills of the drawdown drill](images/drill.svg)

The drawdown drill: four positions fall together. The drawdown, open losses included, passes the
first limit, which halves stakes, then the second, which halts. The bot is killed after its first
close; after the restart it closes the rest and stays halted and flat until a person re-arms it.
Drawdown is then measured from a new high-water mark.
"""


def write_page(evidence: Path, docs: Path, *, seconds: float) -> None:
    """Write ``drills.md`` and its picture into a folder."""
    trips, denied = read(evidence, "trip"), read(evidence, "denied")
    (docs / "images").mkdir(exist_ok=True)
    (docs / "images" / "drill.svg").write_text(
        drawdown_svg(read(evidence, "data")[0]), encoding="utf-8"
    )
    parts = [
        HEAD.format(minutes=max(1.0, seconds / 60)),
        SWITCHES + _switches(trips) + PICTURE,
        SAME + _same(trips),
        DENIALS + _denied(denied),
        CLOSING + _closing(read(evidence, "closing")),
        _broke(read(evidence, "broke")),
        BAD_INPUT + _bad_input(read(evidence, "badinput")),
        _not_reached(trips, denied),
    ]
    page = docs / "drills.md"
    before = page.read_text(encoding="utf-8") if page.exists() else ""
    page.write_text(with_matrix("\n".join(parts), section_of(before)), encoding="utf-8")


def covered(trips: Sequence[Mapping[str, Any]], denied: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return the guards that some drill saw act or refuse."""
    return {one["guard"].split(" ")[0] for one in (*trips, *denied)}


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    cells = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)


def _number(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, int):
        return f"{value:,}"
    number = float(str(value))
    return f"{number:,.2f}" if abs(number) >= 10 else f"{number:.4g}"


def _switches(trips: Sequence[Mapping[str, Any]]) -> str:
    def row(one: Mapping[str, Any]) -> list[str]:
        return [
            f"`{one['guard'].split(' ')[0]}`" + one["guard"][len(one["guard"].split(" ")[0]) :],
            one["run"],
            _number(one["value"]),
            _number(one["limit"]),
            one["action"],
            str(one["closed"]),
            str(one["loops"]) if one["run"] != "backtest" else f"{one['loops']} (candles)",
            f"{one['simulated_seconds']:.1f}",
            one["after"] or "–",
        ]

    order = {name: place for place, name in enumerate(GUARDS.names())}
    ordered = sorted(
        trips, key=lambda one: (order[one["guard"].split(" ")[0]], one["run"] == "backtest")
    )
    head = (
        *("Guard", "Run", "Value", "Limit", "Action", "Closed", "Loops", "Simulated s"),
        "Afterwards",
    )
    return _table(head, map(row, ordered))


def _same(trips: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for one in trips:
        if one["run"] != "backtest":
            continue
        bots = [bot for bot in trips if bot["run"] == "dry-run" and bot["guard"] == one["guard"]]
        if not bots:
            continue
        nearest = min(bots, key=lambda bot: abs(_seconds(bot["at"], one["at"])))
        apart = _seconds(nearest["at"], one["at"])
        rows.append(
            [
                f"`{one['guard']}`",
                f"{nearest['at'][11:19]}",
                f"{one['at'][11:19]}",
                f"{apart:+.0f}",
                f"{_number(nearest['value'])} / {_number(one['value'])}",
                one["action"],
            ]
        )
    head = ("Guard", "Bot at", "Backtest at", "Backtest later by, s", "Values", "Both")
    words = (
        "A backtest sees closes of 5 m candles, the bot a price each loop; so a backtest acts up "
        "to a candle\nlater, and on a larger loss. What counts trades may differ by two candles: "
        "stops fill elsewhere\nwithin a candle.\n"
    )
    return _table(head, rows) + "\n" + words


def _seconds(one: str, other: str) -> float:
    return (datetime.fromisoformat(other) - datetime.fromisoformat(one)).total_seconds()


def _denied(denied: Sequence[Mapping[str, Any]]) -> str:
    order = {name: place for place, name in enumerate(GUARDS.names())}
    bots = [one for one in denied if one["how"] != "backtest"]
    tests = {one["guard"]: one for one in denied if one["how"] == "backtest"}

    def row(one: Mapping[str, Any]) -> list[str]:
        other = tests.get(one["guard"])
        why = BACKTEST_CANNOT.get(one["guard"], "not run")
        return [
            f"`{one['guard']}`",
            one["how"],
            f"{_number(one['value'])} / {_number(one['limit'])}",
            why if other is None else f"{_number(other['value'])} / {_number(other['limit'])}",
            one["why"].replace("\n", " "),
        ]

    head = ("Guard", "Asked by", "Value / limit, dry-run", "The same in a backtest", "`why`")
    return _table(head, map(row, sorted(bots, key=lambda one: order[one["guard"]])))


def _closing(closing: Sequence[Mapping[str, Any]]) -> str:
    def row(one: Mapping[str, Any]) -> list[str]:
        seconds = one["simulated_seconds"]
        return [
            one["condition"],
            one["run"],
            one["outcome"],
            "–" if one["loops"] is None else str(one["loops"]),
            "–" if seconds is None else f"{seconds:.1f}",
            one["note"] or "–",
        ]

    head = ("Condition", "Run", "Outcome", "Loops", "Simulated s", "Note")
    return _table(head, map(row, closing))


def _broke(broke: Sequence[Mapping[str, Any]]) -> str:
    before = json.loads(BEFORE.read_text(encoding="utf-8"))

    def row(one: Mapping[str, Any]) -> list[str]:
        seconds = one["flat_seconds"]
        return [
            f"{one['case']}. {one['name']}",
            one["run"],
            before["seen"][one["key"]],
            one["after"],
            "–" if seconds is None else f"{seconds:.0f} s",
        ]

    rows = [*map(row, broke), *([*one, "–"] for one in ELSEWHERE)]
    head = ("Case", "Run", "Before", "Now", "Flat after")
    return BROKE.format(commit=before["commit"]) + _table(head, rows)


def _bad_input(rows: Sequence[Mapping[str, Any]]) -> str:
    lines = [[one["what"], one["mode"], one["said"].replace("\n", " ")] for one in rows]
    return _table(("Bad input", "Afterwards", "What is said"), lines)


def _not_reached(trips: Sequence[Mapping[str, Any]], denied: Sequence[Mapping[str, Any]]) -> str:
    lines = ["## What no drill shows", ""]
    missing = [name for name in GUARDS.names() if name not in covered(trips, denied)]
    lines += [f"- `{name}`: {NOT_REACHED.get(name, 'not run')}." for name in missing]
    lines += [f"- `{name}` in a backtest: {why}." for name, why in BACKTEST_CANNOT.items()]
    limits = (
        "- A dry-run fills every market order at once, at most 5 % off; only the rows *live* are "
        "orders on the\n  exchange's account. The simulated exchange fills market orders whole, "
        "level by level.\n"
        "- No drill runs against a real exchange.\n"
    )
    return "\n".join([*lines, limits])
