"""The page of a certificate: what is red is at the top, what makes no sense has its reason."""

from typing import Any

from plimsoll.reporting.certificate_page import GREEN, RED, certificate_page


def row(fault: str, *, ok: bool = True) -> dict[str, Any]:
    said = "" if ok else "BTCUSDT <0.01>"
    return {
        "scenario": "drawdown",
        "fault": fault,
        "mode": "live",
        "rule": "drawdown",
        "checks": [{"name": "exchange flat", "ok": ok, "said": said}],
        "value": 0.0123,
        "limit": 0.004,
        "action": "HALTED",
        "loops": 1,
        "simulated_seconds": 12.0,
        "took_seconds": 9.0,
        "restarts": 1,
        "failure": "",
        "ok": ok,
    }


def certificate(*rows: dict[str, Any]) -> dict[str, Any]:
    red = sum(not one["ok"] for one in rows)
    counts = {"wanted": len(rows), "rows": len(rows), "red": red, "scenarios": 1}
    return {
        "made_at": "2026-11-21T00:00:00+00:00",
        "ok": red == 0,
        "strategy": "DrilledLong",
        "layers": [],
        "seed": 7,
        "seconds": 60.0,
        "versions": {"plimsoll": "1"},
        "fingerprints": {"code": "abc"},
        "counts": {**counts, "guards": 1, "faults": len(rows), "modes": {"live": len(rows)}},
        "how": {"drawdown": "prices fall"},
        "rows": list(rows),
        "left_out": {"spread / order-503 / live": "a denied entry sends no order"},
    }


def test_a_green_one_says_what_it_does_not_show() -> None:
    page = certificate_page(certificate(row("none"), row("kill-9")))
    assert GREEN in page
    assert "prices fall" in page
    assert "a denied entry sends no order" in page
    assert "What is red" not in page


def test_a_red_row_is_named_with_its_reason_and_nothing_of_it_is_markup() -> None:
    page = certificate_page(certificate(row("none"), row("kill-9", ok=False)))
    assert RED in page
    assert "drawdown / kill-9 / live: exchange flat: BTCUSDT &lt;0.01&gt;" in page


def test_the_same_certificate_gives_the_same_page() -> None:
    made = certificate(row("none"))
    assert certificate_page(made) == certificate_page(made)
