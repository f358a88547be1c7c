import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.unit.cli.commands import Run


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_measured_costs_are_a_section_of_a_config(
    run: Run, monkeypatch: pytest.MonkeyPatch, as_json: list[str]
) -> None:
    asked: dict[str, Any] = {}

    def measured(userdir: Path, files: list[Path], **options: Any) -> dict[str, Any]:
        asked.update(options, userdir=userdir, files=files)
        options["progress"]()
        return {"BTC/USDT:USDT": SimpleNamespace(spread_bps=1.23456, slippage_bps=0.5)}

    monkeypatch.setattr("plimsoll.lab.costs.measure_costs", measured)
    ran = run("costs", "measure", "-c", "a.json", "-c", "b.json", "--looks", "2", *as_json)
    assert ran.status == 0
    pairs = {"BTC/USDT:USDT": {"spread_bps": 1.235, "slippage_bps": 0.5}}
    assert json.loads(ran.out) == {"plimsoll": {"costs": {"pairs": pairs}}}
    assert (ran.out.count("\n") == 1) is bool(as_json)
    assert asked["files"] == [Path("a.json"), Path("b.json")]
    assert (asked["looks"], asked["order_usd"], asked["pause_seconds"]) == (2, 1000.0, 2.0)
