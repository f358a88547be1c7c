"""What commands print with --json is evidence that can be filed as it is."""

import json
from pathlib import Path

import pandas as pd

from plimsoll.bridge.config.subject import versions
from plimsoll.cli.evidence_json import audit_evidence, data_check_evidence, parity_evidence
from plimsoll.gates.evidence.candle_digests import candles_digest
from plimsoll.gates.evidence.records import read_record
from plimsoll.gates.kinds import Kind
from tests.support.evidence import CANDLES, Evidence, as_bytes


def test_a_check_has_the_digest_of_each_candle_file_it_saw(tmp_path: Path) -> None:
    folder = tmp_path / "futures"
    folder.mkdir()
    whole = CANDLES.assign(open=1.0, high=1.0, low=1.0, volume=1.0)
    whole.to_feather(folder / "BTC_USDT_USDT-1h-futures.feather")
    pd.DataFrame({"date": [1]}).to_feather(folder / "ETH_USDT_USDT-1h-futures.feather")
    (folder / "SOL_USDT_USDT-1h-futures.feather").write_bytes(b"torn")
    body = {"counts": {"error": 2}, "findings": [{"severity": "error"}]}
    reading = read_record(as_bytes(data_check_evidence(body, tmp_path)))
    pair = "BTC/USDT:USDT"
    assert reading.facts["candles"] == {f"{pair} 1h": candles_digest(pair, "1h", CANDLES).hex()}
    assert reading.figures["errors"] == 2
    assert "code" not in reading.made_with


def test_parity_and_audit_say_whose_they_are_and_with_what() -> None:
    body = {name: value for name, value in Evidence().parity().items() if name != "evidence"}
    parity = read_record(as_bytes(parity_evidence(body, "Mine")))
    assert (parity.kind, parity.strategy, parity.faults) == (Kind.PARITY, "Mine", ())
    assert {name: parity.made_with[name] for name in versions()} == versions()
    audit = audit_evidence({"compared": False, "sound": True, "breaks": []}, None)
    assert read_record(json.dumps(audit).encode()).strategy == ""
