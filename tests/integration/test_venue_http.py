"""The served venue over loopback: lifecycle, control, errors, outage."""

import json
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from plimsoll.venue.api.public import ENDPOINTS
from plimsoll.venue.api.statistics import STATISTICS
from tests.unit.cli.commands import Run, assert_one_line
from tests.unit.venue.serving import COMMAND, environment, get, post, venue

START = "2025-01-01T00:00:00Z"
RALLY = ("scenario", "rally", "--url", "http://127.0.0.1:9")
STEP = ("step", "--url", "http://127.0.0.1:9")


@pytest.fixture(scope="module")
def url():  # type: ignore[no-untyped-def]
    with venue(
        "--symbols", "BTCUSDT,ETH/USDT:USDT", "--start", START, "--clock", "stepped"
    ) as line:
        yield line["url"]


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, timeout=240, env=environment()
    )


def test_the_line_says_what_is_served(tmp_path: Path) -> None:
    path = tmp_path / "venue.json"
    with venue("--symbols", "BTCUSDT", "--start", START, "--write-config", path) as line:
        used = psutil.Process(line["pid"]).cpu_times()
        assert used.user + used.system < 10  # about 1 s, however busy the machine is
        assert line["event"] == "listening"
        assert line["url"] == f"http://127.0.0.1:{line['port']}"
        assert line["symbols"] == ["BTCUSDT"]
        assert line["now"].startswith("2025-01-01T00:00:0")
        assert line["first_candle"] == "2019-09-08T00:00:00.000Z"
        assert line["config"] == str(path)
        config = json.loads(path.read_text())
        assert config["exchange"]["pair_whitelist"] == ["BTC/USDT:USDT"]
        assert line["url"] in config["exchange"]["ccxt_config"]["urls"]["api"]["fapiPublic"]
        assert get(line["url"] + "/plimsoll/health")[1]["status"] == "ok"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_status_0(number: signal.Signals) -> None:
    process = subprocess.Popen(
        [*COMMAND, "serve", "--symbols", "BTCUSDT"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout, stderr) == (0, "", "")


def test_endpoints_answer_json_with_the_weight_header(url: str) -> None:
    asked = "symbol=BTCUSDT&pair=BTCUSDT&interval=1h&period=1h&limit=5"
    for path in {**ENDPOINTS, **STATISTICS}:
        status, _ = get(f"{url}{path}?{asked}")
        assert status == 200, path


def test_refusals_have_binance_s_shape(url: str) -> None:
    status, body = get(f"{url}/fapi/v1/klines?symbol=FOO&interval=1h")
    assert (status, body) == (400, {"code": -1121, "msg": "Invalid symbol."})
    status, body = get(f"{url}/fapi/v1/nothing")
    assert status == 404
    assert "/fapi/v1/nothing" in body["msg"]


def test_a_stepped_clock_moves_by_command_only(url: str) -> None:
    before = get(f"{url}/plimsoll/clock")[1]
    time.sleep(0.05)
    after = get(f"{url}/plimsoll/clock")[1]
    assert before["now_ms"] == after["now_ms"]
    assert after["real_ms"] > before["real_ms"]
    stepped = post(f"{url}/plimsoll/clock/step", {"seconds": 60})[1]
    assert stepped["now_ms"] == before["now_ms"] + 60_000
    assert get(f"{url}/fapi/v1/time")[1]["serverTime"] == stepped["now_ms"]


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/plimsoll/clock/step", {"seconds": "1"}, 'expected a number "seconds"'),
        ("/plimsoll/clock/step", {"seconds": -1}, "expected seconds between"),
        ("/plimsoll/clock/step", [1], "expected a JSON object"),
        ("/plimsoll/clock/speed", {"speed": 2}, "no speed"),
        ("/plimsoll/scenario", {"name": "boom"}, "unknown scenario"),
        ("/plimsoll/scenario", {}, 'expected a text "name"'),
        ("/plimsoll/scenario", {"name": "rally", "symbols": "BTC"}, 'expected "symbols"'),
        ("/plimsoll/scenario", {"name": "rally", "symbols": ["FOO"]}, "unknown symbol FOO"),
        ("/plimsoll/scenario", {"name": "rally", "magnitude": True}, "expected a number"),
    ],
)
def test_bad_control_requests_get_one_clear_line(
    url: str, path: str, body: object, message: str
) -> None:
    status, answer = post(url + path, body)
    assert status == 400
    assert message in answer["error"]
    assert "\n" not in answer["error"]


def test_an_outage_refuses_all_but_control_and_ends() -> None:
    with venue("--symbols", "BTCUSDT", "--start", START, "--clock", "stepped") as line:
        url = line["url"]
        post(f"{url}/plimsoll/scenario", {"name": "outage", "duration_seconds": 30})
        assert get(f"{url}/fapi/v1/ping")[0] == 503
        assert get(f"{url}/plimsoll/health")[1]["outage_until_ms"] is not None
        post(f"{url}/plimsoll/clock/step", {"seconds": 30})
        assert get(f"{url}/fapi/v1/ping")[0] == 200
        assert get(f"{url}/plimsoll/stats")[1]["refused"] == 1


def test_the_command_steers_a_running_venue(url: str) -> None:
    now_ms = get(f"{url}/plimsoll/clock")[1]["now_ms"]
    stepped = _run("step", "--url", url, "--seconds", "10")
    assert json.loads(stepped.stdout)["now_ms"] == now_ms + 10_000
    started = _run("scenario", "rally", "--url", url, "--symbols", "BTC/USDT:USDT")
    assert json.loads(started.stdout)["symbols"] == ["BTCUSDT"]
    listed = _run("scenarios")
    assert listed.returncode == 0
    assert "flash-crash" in listed.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("serve", "--market", "real"), 'unknown market "real"; there are synthetic, replay'),
        (("serve", "--clock", "sun"), 'unknown clock "sun"; there are wall, stepped'),
        (("serve", "--symbols", "FOOUSDT"), "unknown symbol FOOUSDT; this market has AAVEUSDT"),
        (("serve", "--start", "soon"), 'found "soon"'),
        (("serve", "--start", "1999-01-01"), "lives from"),
        (("serve", "--speed", "0"), "expected a speed"),
        (("serve", "--scenario", "boom"), 'unknown scenario "boom"'),
        (("serve", "--market", "replay"), "needs --datadir"),
        (("serve", "--market", "replay", "--datadir", "/nowhere"), "expected a freqtrade data"),
        (("scenario", "boom", "--url", "http://127.0.0.1:9"), 'unknown scenario "boom"'),
        (("step", "--url", "localhost", "--seconds", "1"), "expected a --url"),
        (("serve", "--spread-scale", "inf"), "expected a --spread-scale"),
        (("serve", "--spread-scale", "nan"), "expected a --spread-scale"),
        (("serve", "--spread-scale", "-1"), "expected a --spread-scale"),
        (("serve", "--balance-usd", "nan"), "expected a --balance-usd"),
        (("serve", "--balance-usd", "inf"), "expected a --balance-usd"),
        (("serve", "--balance-usd", "0"), "expected a --balance-usd"),
        (("serve", "--speed", "nan"), "expected a speed"),
        (("serve", "--speed", "inf"), "expected a speed"),
        (("serve", "--speed", "-1"), "expected a speed"),
        (("serve", "--symbols", ""), "expected --symbols such as"),
        (("serve", "--symbols", " , "), "expected --symbols such as"),
        (("serve", "--host", "nohost.invalid"), "cannot listen on --host nohost.invalid"),
        (("serve", "--host", "192.0.2.1"), "cannot listen on --host 192.0.2.1"),
        (("serve", "--host", ""), "expected a --host such as 127.0.0.1"),
        ((*RALLY, "--magnitude", "nan"), "expected --magnitude to be a finite number, found nan"),
        ((*RALLY, "--magnitude", "inf"), "expected --magnitude to be a finite number, found inf"),
        ((*RALLY, "--duration-seconds", "nan"), "expected --duration-seconds to be a finite"),
        ((*RALLY, "--duration-seconds", "0"), "expected --duration-seconds to be a finite"),
        ((*RALLY, "--symbols", ","), "expected --symbols such as"),
        ((*STEP, "--seconds", "nan"), "expected --seconds to be a finite number"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(
    run: Run, arguments: tuple[str, ...], message: str
) -> None:
    found = run("venue", *arguments)
    assert found.status == 2, found.err
    assert_one_line(found, message)
    assert found.out == ""


def test_the_process_ends_so_too() -> None:
    found = _run("serve", "--speed", "0")
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr.count("\n") == 1


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_a_host_beyond_loopback_is_warned_of_and_the_config_stays_on_loopback(
    tmp_path: Path, host: str
) -> None:
    path = tmp_path / "venue.json"
    arguments = ["serve", "--symbols", "BTCUSDT", "--host", host, "--write-config", str(path)]
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        line = json.loads(process.stdout.readline())
        url = f"http://127.0.0.1:{line['port']}"
        config = json.loads(path.read_text())
        assert config["exchange"]["ccxt_config"]["urls"]["api"]["fapiPublic"] == f"{url}/fapi/v1"
        assert get(f"{url}/fapi/v1/ping")[0] == 200
    finally:
        process.terminate()
        _, stderr = process.communicate(timeout=60)
    assert stderr.count("\n") == 1
    assert "listening beyond this machine, without authentication" in stderr


def test_a_taken_port_is_refused(url: str) -> None:
    found = _run("serve", "--symbols", "BTCUSDT", "--port", url.rpartition(":")[2])
    assert found.returncode == 2
    assert "cannot listen on 127.0.0.1" in found.stderr
    assert "Address already in use" in found.stderr


def test_steering_a_venue_that_is_not_there_says_so() -> None:
    found = _run("step", "--url", "http://127.0.0.1:9", "--seconds", "1")
    assert found.returncode == 1
    assert "no exchange answers at http://127.0.0.1:9" in found.stderr
