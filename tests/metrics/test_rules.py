"""Every alert fires when it must and is silent before, by ``promtool test rules``."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from plimsoll.monitoring.exporter.catalogue import METRICS, Kind
from plimsoll.monitoring.profile import Condition
from tests.conftest import ROOT

FOLDER = ROOT / "docker/prometheus"
RULES = ("recording.yml", "alerts.yml")
ALERTS = (FOLDER / "alerts.yml").read_text(encoding="utf-8")
PAGE = (ROOT / "docs/alerts.md").read_text(encoding="utf-8")
NAMES = re.findall(r"^ +- alert: (\w+)$", ALERTS, re.MULTILINE)
RUNBOOKS = re.findall(r"^ +runbook: (\S+)$", ALERTS, re.MULTILINE)
NAMED = re.compile(r"\bplimsoll_[a-z_]+[a-z]")
needs_prometheus = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="needs promtool: apt-get install prometheus"
)

USED = 'plimsoll_limit_used_ratio{bot="a",rule="%s"}'
QUIET, FIRES = "4m", "20m"
"""Each series is well until the fifth minute, and stays wrong from then on."""
# By alert: the series that is wrong, its values when well and when wrong.
CASES: dict[str, tuple[str, str, str]] = {
    "PlimsollBotDown": ('plimsoll_bot_up{bot="a"}', "1", "0"),
    "PlimsollUnreconciled": ('plimsoll_breaks{bot="a",kind="money"}', "0", "1"),
    "PlimsollPositionWithoutStop": ('plimsoll_positions_without_stop{bot="a"}', "0", "1"),
    "PlimsollHalted": ('plimsoll_mode{bot="a",mode="HALTED"}', "0", "1"),
    "PlimsollFlattening": ('plimsoll_mode{bot="a",mode="FLATTEN"}', "0", "1"),
    "PlimsollHaltFlag": ('plimsoll_halt_flag{bot="a"}', "0", "1"),
    "PlimsollNotClosed": ('plimsoll_closing_seconds{bot="a"}', "120", "121"),
    "PlimsollDrawdownUsed": (USED % "drawdown", "0.8", "0.81"),
    "PlimsollDailyLossUsed": (USED % "daily_loss", "0.8", "0.81"),
    "PlimsollTerminalDrawdownUsed": (USED % "terminal_drawdown", "0.8", "0.81"),
    "PlimsollApiErrors": (USED % "api_errors", "0.4", "0.6"),
    "PlimsollFeedLate": ('plimsoll_candle_late_seconds{bot="a"}', "60", "61"),
    "PlimsollRateLimit": ('plimsoll_exchange_used_weight{bot="a"}', "1920", "1921"),
    "PlimsollLogDamaged": ('plimsoll_log_damaged_lines_total{bot="a"}', "0", "1"),
    "PlimsollSourceStale": ('plimsoll_source_up{bot="a",source="log"}', "1", "0"),
    "PlimsollUndeliveredAlarms": (
        'plimsoll_undelivered_alarm_age_seconds{bot="a"}',
        "120",
        "121",
    ),
    "PlimsollNobodyIsTold": ('plimsoll_nobody_is_told{bot="a"}', "0", "1"),
    "PlimsollWatchdogGone": ('plimsoll_watchdog_up{bot="a"}', "1", "0"),
    "PlimsollWatchdogHolds": ('plimsoll_watchdog_held{bot="a",act="flatten"}', "0", "1"),
    "PlimsollWatchdogUndelivered": ('plimsoll_watchdog_undelivered_alarms{bot="a"}', "0", "1"),
    "PlimsollControlBotGone": ('plimsoll_control_bot_up{bot="a"}', "1", "0"),
    "PlimsollControlBotUndelivered": (
        'plimsoll_control_bot_undelivered_alarms{bot="a"}',
        "0",
        "1",
    ),
    "PlimsollExporterDown": ('up{job="plimsoll"}', "1", "0"),
    **{
        f"Plimsoll{one.value.title().replace('_', '')}": (
            f'plimsoll_condition{{bot="a",condition="{one.value}"}}',
            "0",
            "1",
        )
        for one in Condition
    },
}
# What needs more than one series, or one that grows; minutes are those of the series.
OF_MANY: dict[str, list[dict[str, str]]] = {
    "PlimsollGuardErrors": [
        {"series": 'plimsoll_errors_total{bot="a",where="loop"}', "values": "0x14 0+1x10"}
    ],
    "PlimsollModelInaccurate": [
        {
            "series": 'plimsoll_model_accuracy_ratio{bot="a",model="m"}',
            "values": "0.5x4 0.49x30",
        },
        {"series": 'plimsoll_model_predictions{bot="a",model="m"}', "values": "50x40"},
    ],
    "PlimsollSlowOrders": [
        {"series": f'plimsoll_order_delay_seconds_bucket{{bot="a",le="{le}"}}', "values": values}
        for le, values in (("10.0", "0x4 0+0x30"), ("30.0", "0x4 0+1x30"), ("+Inf", "0x4 0+1x30"))
    ],
}


def test_every_condition_of_the_kit_and_every_alert_has_a_case() -> None:
    assert set(NAMES) == {*CASES, *OF_MANY, "PlimsollAlive"}
    assert len(NAMES) == len(set(NAMES))


def test_every_alert_has_a_page_of_its_own() -> None:
    headings = re.findall(r"^## (Plimsoll\w+)$", PAGE, re.MULTILINE)
    assert headings == NAMES
    assert [f"docs/alerts.md#{name.lower()}" for name in NAMES] == RUNBOOKS
    texts = re.split(r"^## Plimsoll\w+$", PAGE, flags=re.MULTILINE)[1:]
    for name, text in zip(headings, texts, strict=True):
        assert len(text.split()) > 15, name


def test_rules_ask_for_metrics_that_there_are() -> None:
    known = {one.name for one in METRICS if one.kind is not Kind.HISTOGRAM}
    for one in METRICS:
        if one.kind is Kind.HISTOGRAM:
            known |= {f"{one.name}_{part}" for part in ("bucket", "sum", "count")}
    recorded = set()
    for name in RULES:
        text = (FOLDER / name).read_text(encoding="utf-8")
        recorded |= set(re.findall(r"^ +- record: (\S+)$", text, re.MULTILINE))
        for line in text.splitlines():
            if "expr:" in line:
                asked = re.sub(r"\b\w+:plimsoll_\w+:\w+", _known(recorded), line)
                assert set(NAMED.findall(asked)) <= known, line


def _known(recorded: set[str]) -> Any:
    def replaced(match: re.Match[str]) -> str:
        assert match[0] in recorded, match[0]
        return ""

    return replaced


@needs_prometheus
def test_the_shipped_files_are_valid() -> None:
    done = subprocess.run(
        ["promtool", "check", "config", "prometheus.yml"],
        cwd=FOLDER,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr + done.stdout


def count(name: str, at: str, fires: int) -> dict[str, Any]:
    samples = [{"labels": "{}", "value": fires}] if fires else []
    query = f'count(ALERTS{{alertname="{name}",alertstate="firing"}})'
    return {"expr": query, "eval_time": at, "exp_samples": samples}


def cases() -> list[dict[str, Any]]:
    tests = []
    for name, (series, well, wrong) in CASES.items():
        values = f"{well}x4 {wrong}x30"
        tests.append(
            {
                "interval": "1m",
                "input_series": [{"series": series, "values": values}],
                "promql_expr_test": [count(name, QUIET, 0), count(name, FIRES, 1)],
            }
        )
    for name, series in OF_MANY.items():
        tests.append(
            {
                "interval": "1m",
                "input_series": series,
                "promql_expr_test": [count(name, QUIET, 0), count(name, FIRES, 1)],
            }
        )
    gone = {"interval": "1m", "input_series": [{"series": "other", "values": "1x30"}]}
    alive = [count("PlimsollExporterDown", FIRES, 1), count("PlimsollAlive", FIRES, 1)]
    return [*tests, {**gone, "promql_expr_test": alive}]


@needs_prometheus
def test_each_alert_is_silent_while_all_is_well_and_fires_when_it_is_not(tmp_path: Path) -> None:
    files = [str(FOLDER / name) for name in RULES]
    test = {"rule_files": files, "evaluation_interval": "1m", "tests": cases()}
    file = tmp_path / "test.yml"
    file.write_text(json.dumps(test))  # JSON is YAML
    done = subprocess.run(["promtool", "test", "rules", file], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@needs_prometheus
def test_a_rule_that_never_fires_is_found(tmp_path: Path) -> None:
    broken = tmp_path / "alerts.yml"
    broken.write_text(ALERTS.replace("plimsoll_bot_up == 0", "plimsoll_bot_up == 7"))
    test = {"rule_files": [str(broken)], "evaluation_interval": "1m", "tests": cases()[:1]}
    file = tmp_path / "test.yml"
    file.write_text(json.dumps(test))
    done = subprocess.run(["promtool", "test", "rules", file], capture_output=True, text=True)
    assert done.returncode != 0
    assert "PlimsollBotDown" in done.stdout + done.stderr


@pytest.mark.skipif(
    shutil.which("amtool") is None, reason="needs amtool: apt-get install prometheus-alertmanager"
)
def test_the_routes_send_what_is_critical_everywhere() -> None:
    config = ROOT / "docker/alertmanager/alertmanager.yml"
    wanted = {
        "severity=critical": "all",
        "severity=warning": "mail",
        "alertname=PlimsollAlive severity=none": "nobody",
    }
    for labels, receiver in wanted.items():
        words = ["amtool", "config", "routes", "test", f"--config.file={config}", *labels.split()]
        done = subprocess.run(words, capture_output=True, text=True)
        assert done.stdout.strip() == receiver, done.stderr


@needs_prometheus
def test_the_first_fault_of_a_kind_fires_and_an_exporter_that_starts_does_not(
    tmp_path: Path,
) -> None:
    """Its series begins at 1, which is no increase; of a log that was just read all are old."""
    read = 'plimsoll_log_damaged_lines_total{bot="a"}'
    error = 'plimsoll_errors_total{bot="a",where="disk"}'
    begun = {"series": error, "values": "_x20 1x40"}
    fired = [{"exp_labels": {"severity": "warning", "bot": "a", "where": "disk"}}]
    cases = [("0x60", fired), ("_x20 0x40", [])]
    tests = [
        {
            "interval": "1m",
            "input_series": [{"series": read, "values": values}, begun],
            "promql_expr_test": [
                {
                    "expr": 'count(ALERTS{alertname="PlimsollGuardErrors"}) or vector(0)',
                    "eval_time": "23m",
                    "exp_samples": [{"labels": "{}", "value": len(expected)}],
                }
            ],
        }
        for values, expected in cases
    ]
    file = tmp_path / "first.json"
    rules = [str(FOLDER / name) for name in RULES]
    file.write_text(json.dumps({"rule_files": rules, "tests": tests}), encoding="utf-8")
    done = subprocess.run(
        ["promtool", "test", "rules", str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
