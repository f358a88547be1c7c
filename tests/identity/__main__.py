"""``make identity``: draw settings, run both loops, rewrite docs/identity.md.

A run that was broken off goes on where it was, unless the code has changed meanwhile.
"""

import argparse
import logging
import sys
import time
from collections import Counter
from collections.abc import Sequence

from tests.conftest import REAL_DATA, ROOT
from tests.identity.drawing import ALL_KINDS, REAL, TURNS, setting
from tests.identity.page import write_page
from tests.identity.record import Record, fingerprint, row_of, state_of
from tests.identity.running import Bench

HAS_DATA = REAL_DATA.is_dir()


def main(words: Sequence[str] | None = None) -> int:
    """Return 0 when no setting differs."""
    asked = _asked(words)
    logging.disable(logging.CRITICAL)
    code = fingerprint()
    record = Record(asked.seed, code)
    wanted = _wanted(asked)
    began, counts = time.monotonic(), Counter[str]()
    with Bench() as bench:
        for done, (kind, number) in enumerate(wanted, start=1):
            row = record.rows.get((kind, number))
            if row is None or asked.only is not None:
                drawn = setting(kind, asked.seed, number)
                row = row_of(drawn, bench.outcome(drawn, refused_too=asked.refused_too), code)
                record.add(row)
                _tell(row, source=drawn["source"] if asked.only is not None else None)
            counts[state_of(row)] += 1
            if done % 25 == 0 or done == len(wanted):
                _progress(done, len(wanted), counts, time.monotonic() - began)
    if asked.only is None and not asked.no_page:
        rows = [record.rows[one] for one in wanted]
        write_page(rows, asked.seed, ROOT / "docs" / "identity.md")
    return 1 if counts["different"] else 0


def _wanted(asked: argparse.Namespace) -> list[tuple[str, int]]:
    """Return kind and number of each setting; without a kind they take turns."""
    if asked.only is not None:
        return [(asked.kind, asked.only)]
    turns = [asked.kind] if asked.kind else [one for one in TURNS if one != REAL or HAS_DATA]
    counts, wanted = Counter[str](), []
    for place in range(asked.settings):
        kind = turns[place % len(turns)]
        wanted.append((kind, counts[kind]))
        counts[kind] += 1
    return wanted


def _tell(row: dict[str, object], *, source: str | None) -> None:
    name = f"{row['kind']} seed {row['seed']} number {row['number']} ({row['strategy']})"
    if source is not None:
        print(source)
        print(f"{name}: {row}")
    if row["error"] is not None:
        print(f"{name} failed: {row['error']}", flush=True)
    elif row["difference"] is not None:
        print(f"{name} differs: {row['difference']}", flush=True)


def _progress(done: int, of: int, counts: Counter[str], seconds: float) -> None:
    said = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    print(f"{done} of {of} settings in {seconds:.0f} s: {said}", flush=True)


def _asked(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.identity", description=__doc__)
    parser.add_argument("--settings", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", choices=ALL_KINDS)
    parser.add_argument("--only", type=int, help="one setting again, with its source")
    parser.add_argument(
        "--refused-too", action="store_true", help="run what the lane refuses, too: twice"
    )
    parser.add_argument("--no-page", action="store_true")
    asked = parser.parse_args(words)
    if asked.only is not None and asked.kind is None:
        parser.error("--only needs --kind")
    return asked


if __name__ == "__main__":
    sys.exit(main())
