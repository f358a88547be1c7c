from pathlib import Path

import pytest
from pydantic import ValidationError

from plimsoll.tracking.settings import TrackingSettings


def test_tracking_is_off_and_would_write_files_in_the_user_folder(tmp_path: Path) -> None:
    settings = TrackingSettings()
    assert not settings.enabled
    assert settings.uri_in(tmp_path) == (tmp_path / "mlruns").as_uri()


def test_a_server_is_named_by_its_address(tmp_path: Path) -> None:
    named = TrackingSettings(uri="http://127.0.0.1:5000")
    assert named.uri_in(tmp_path) == "http://127.0.0.1:5000"


def test_what_is_no_setting_is_refused() -> None:
    with pytest.raises(ValidationError):
        TrackingSettings(folder="x")  # type: ignore[call-arg]
