"""Everything that a bot imports is there before it is forked."""

import sys

from plimsoll.lab.drilling.preload import NAMES


def test_every_name_is_a_module_that_was_imported() -> None:
    assert [name for name in NAMES if name not in sys.modules] == []
    assert "plimsoll.bridge.guarding.supervisor" in sys.modules
