"""Dashboards in the repository are what the code makes; their queries ask for what there is."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from plimsoll.monitoring.exporter.catalogue import METRICS, Kind
from tests.metrics.dashboards import BOARDS, COLUMNS, FOLDER, Board, built
from tests.metrics.test_rules import FOLDER as PROMETHEUS

NAMED = re.compile(r"\bplimsoll_[a-z_]+[a-z](?![a-z_:])")
RECORDED = re.compile(r"\b\w+:plimsoll_\w+:\w+")


@pytest.mark.parametrize("board", BOARDS, ids=lambda one: one.uid)
def test_the_file_is_what_the_code_makes(board: Board) -> None:
    shown = (FOLDER / f"{board.uid}.json").read_text(encoding="utf-8")
    assert shown == built(board), "run python -m tests.metrics.dashboards"
    panels = [one for one in json.loads(shown)["panels"] if one["type"] != "row"]
    assert [one["title"] for one in panels] == [one.title for one in board.panels]
    assert all(one["targets"] and one["gridPos"]["w"] for one in panels)


@pytest.mark.parametrize("board", BOARDS, ids=lambda one: one.uid)
def test_panels_lie_within_the_grid_beside_each_other(board: Board) -> None:
    panels = json.loads(built(board))["panels"]
    assert len({one["id"] for one in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for one in panels:
        place = one["gridPos"]
        assert place["x"] + place["w"] <= COLUMNS, one["title"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, one["title"]
        taken |= cells


def test_no_other_file_lies_there() -> None:
    assert {one.stem for one in FOLDER.glob("*.json")} == {one.uid for one in BOARDS}


def test_every_query_asks_for_a_metric_that_there_is() -> None:
    known = {one.name for one in METRICS}
    known |= {
        f"{one.name}_{part}"
        for one in METRICS
        if one.kind is Kind.HISTOGRAM
        for part in ("sum", "count", "bucket")
    }
    recorded = RECORDED.findall((PROMETHEUS / "recording.yml").read_text(encoding="utf-8"))
    for board in BOARDS:
        for panel in board.panels:
            for query, _ in panel.queries:
                assert set(RECORDED.findall(query)) <= set(recorded), query
                assert set(NAMED.findall(RECORDED.sub("", query))) <= known, query


@pytest.mark.skipif(
    shutil.which("promtool") is None, reason="needs promtool: apt-get install prometheus"
)
def test_every_query_parses(tmp_path: Path) -> None:
    """As rules of a file: ``promtool check rules`` parses each expression."""
    queries = [query for board in BOARDS for panel in board.panels for query, _ in panel.queries]
    rules = [
        {
            "record": f"query:{chr(97 + number // 26)}{chr(97 + number % 26)}",
            "expr": query.replace("$bot", "a"),
        }
        for number, query in enumerate(queries)
    ]
    file = tmp_path / "queries.yml"
    file.write_text(json.dumps({"groups": [{"name": "queries", "rules": rules}]}))
    done = subprocess.run(["promtool", "check", "rules", file], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert f"{len(queries)} rules found" in done.stdout
