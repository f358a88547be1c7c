"""The dashboards by Grafana's own types: what is valid passes, and what is broken does not."""

import copy
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.metrics import grafana_types
from tests.metrics.grafana_types import (
    NPM_ABSENT,
    PINS,
    SCHEMAS,
    NpmError,
    faults,
    install,
    shipped,
)

Broken = Callable[[dict[str, Any]], object]


def panel(board: dict[str, Any], kind: str) -> dict[str, Any]:
    return next(one for one in board["panels"] if one["type"] == kind)


BROKEN: dict[str, Broken] = {
    "misspelt": lambda board: panel(board, "stat").update(titel="Equity"),
    "of-the-dashboard": lambda board: board.update(refreshes="10s"),
    "text-for-a-number": lambda board: panel(board, "timeseries")["gridPos"].update(w="12"),
    "a-row-without-panels": lambda board: panel(board, "row").pop("panels"),
    "no-such-mapping": lambda board: panel(board, "state-timeline")["fieldConfig"]["defaults"][
        "mappings"
    ][0].update(type="valeu"),
    "no-such-colour-mode": lambda board: panel(board, "stat")["options"].update(colorMode="gold"),
    "options-that-are-null": lambda board: panel(board, "timeseries").update(options=None),
    "an-unknown-kind": lambda board: panel(board, "stat").update(type="stats"),
    "a-query-without-text": lambda board: panel(board, "stat")["targets"][0].pop("expr"),
}
OF_QUERIES = {"a-query-without-text"}
"""The newest types have none of Prometheus's queries."""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("npm") is None, reason=NPM_ABSENT)
def test_dashboards_are_valid_and_broken_ones_are_not() -> None:
    boards: dict[str, Any] = shipped()
    for name, broken in BROKEN.items():
        board = copy.deepcopy(boards["plimsoll-health"])
        broken(board)
        boards[name] = board
    found = faults(boards, install())
    assert {name: found[name] for name in shipped()} == {name: [] for name in shipped()}
    for name in BROKEN:
        by = {schema for schema in SCHEMAS if any(one.startswith(schema) for one in found[name])}
        expected = {"grafana-schema-of-image"} if name in OF_QUERIES else set(SCHEMAS)
        assert by == expected, (name, found[name])


def test_the_packages_are_pinned_by_their_hashes_and_name_no_registry() -> None:
    text = (PINS / "package-lock.json").read_text(encoding="utf-8")
    assert text.count('"integrity"') == text.count('"node_modules/')
    assert not re.search(r"https?://(?!(www\.)?(patreon|opencollective|github))", text)


def test_without_npm_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(grafana_types.shutil, "which", lambda _: None)
    with pytest.raises(NpmError, match="apt-get install npm"):
        install(tmp_path)
