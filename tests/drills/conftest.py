"""Fixtures of the drills."""

import pytest

from tests.drills.evidence import EvidenceFolder


@pytest.fixture
def save() -> EvidenceFolder:
    """Save what a drill measured, for ``docs/drills.md``."""
    return EvidenceFolder()
