"""A folder belongs to one replay, and to the bot of one that was killed."""

import subprocess
import sys
from pathlib import Path

import pytest

from plimsoll.core import UsageError
from plimsoll.lab.replay_lock import sole_use


def test_a_child_that_outlives_the_replay_still_holds_the_folder(tmp_path: Path) -> None:
    script = "import sys; print('begun', flush=True); sys.stdin.read()"
    with sole_use(tmp_path) as lock:
        child = subprocess.Popen(
            [sys.executable, "-c", script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            pass_fds=(lock,),
        )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == "begun\n"
        with (
            pytest.raises(UsageError, match="still running"),
            sole_use(tmp_path, patience_seconds=0.3),
        ):
            pass
        child.communicate()
    with sole_use(tmp_path, patience_seconds=0):
        pass
