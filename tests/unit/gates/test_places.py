"""Evidence lies in the user folder, beside the bot's own files."""

from pathlib import Path

from plimsoll.gates.places import evidence_folder, trials_file, walk_forward_folder


def test_all_evidence_is_below_one_folder() -> None:
    user = Path("user_data")
    assert evidence_folder(user) == Path("user_data/plimsoll/evidence")
    assert trials_file(user).parent == evidence_folder(user)
    assert walk_forward_folder(user).parent == evidence_folder(user)
