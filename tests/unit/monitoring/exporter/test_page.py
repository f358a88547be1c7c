"""The page itself: read by Prometheus's own parser, served on loopback, and as JSON."""

import threading
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from plimsoll.core import PlimsollError
from plimsoll.lab.processes import wait_until
from plimsoll.monitoring.exporter.bot import BotMeter
from plimsoll.monitoring.exporter.catalogue import BY_NAME, PREFIX
from plimsoll.monitoring.exporter.page import Page, bot_record, serve
from tests.ports import free_port
from tests.unit.monitoring.exporter.test_bot import folder_of_a_bot, settings


def meters(folder: Path) -> list[BotMeter]:
    folder_of_a_bot(folder)
    made = [BotMeter(settings(folder), "one", 5.0), BotMeter(settings(folder / "no"), "two", 5.0)]
    for one in made:
        one.look()
    return made


def test_two_bots_on_one_page_and_every_name_is_in_the_catalogue(tmp_path: Path) -> None:
    page = Page(meters(tmp_path)).text()
    read = list(text_string_to_metric_families(page))
    ours = [one for one in read if one.name.startswith(PREFIX)]
    for family in ours:
        known = BY_NAME.get(family.name) or BY_NAME[f"{family.name}_total"]
        assert family.type == known.kind
        assert family.documentation == known.help
    ups = {
        one.labels["bot"]: one.value
        for family in ours
        for one in family.samples
        if one.name == "plimsoll_bot_up"
    }
    assert ups == {"one": 0.0, "two": 0.0}
    assert any(one.name.startswith("process_") for one in read)


def test_the_same_as_plain_values(tmp_path: Path) -> None:
    one, two = meters(tmp_path)
    assert not Page([one, two]).is_well
    record = bot_record(one)
    assert record["up"] is False
    ages = {
        row["labels"]["source"]: row["value"]
        for row in bot_record(two)["samples"]
        if row["name"] == "plimsoll_source_age_seconds"
    }
    assert ages["database"] is None
    [delay] = [row for row in record["samples"] if row["name"] == "plimsoll_order_delay_seconds"]
    assert delay["value"]["count"] == 0.0
    assert Page([two]).record()["bots"]["two"]["faults"]["log"]


def test_it_is_served_on_loopback_until_it_is_stopped(tmp_path: Path) -> None:
    stop, port = threading.Event(), free_port()
    page = Page(meters(tmp_path))
    thread = threading.Thread(target=serve, args=(page, port, stop))
    thread.start()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    texts: list[str] = []

    def answered() -> bool:
        try:
            with opener.open(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
                texts.append(answer.read().decode())
        except OSError:
            return False
        return True

    wait_until(answered, seconds=30, what="a page")
    assert "plimsoll_bot_up" in texts[0]
    with pytest.raises(PlimsollError, match=f"cannot listen on 127.0.0.1:{port}"):
        serve(page, port, stop)
    stop.set()
    thread.join(20)
    assert not thread.is_alive()
