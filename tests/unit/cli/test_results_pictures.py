"""The pictures of a results page."""

import struct
from dataclasses import replace

from plimsoll.cli.results_pictures import equity_picture, guards_picture
from tests.unit.cli.study_accounts import GOOD, HELD, findings


def height(png: bytes) -> int:
    return struct.unpack(">II", png[16:24])[1]


def test_picture_of_equity_has_a_panel_for_each_way_of_guarding() -> None:
    one = equity_picture(findings(GOOD, HELD))
    both = equity_picture(findings(GOOD, replace(GOOD, guarding="on"), HELD))
    assert height(both) > height(one)


def test_baselines_alone_are_a_picture_too() -> None:
    assert equity_picture(findings(HELD))[:4] == b"\x89PNG"


def test_picture_of_the_guards_has_the_worst_of_both() -> None:
    assert guards_picture(findings(GOOD, replace(GOOD, guarding="on")))[:4] == b"\x89PNG"
