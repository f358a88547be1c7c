"""Fixtures of the drills."""

import pytest

from tests.drills.evidence import Told


@pytest.fixture
def tell() -> Told:
    """Keeps what a drill measured, for ``docs/drills.md``."""
    return Told()
