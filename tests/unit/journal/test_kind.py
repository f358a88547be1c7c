from plimsoll.journal.kind import Kind
from plimsoll.journal.words import _WORDS
from tests.conftest import ROOT


def test_every_kind_has_words_and_stands_in_the_docs() -> None:
    text = (ROOT / "docs" / "decision-log.md").read_text(encoding="utf-8")
    assert set(_WORDS) == set(Kind)
    assert [kind for kind in Kind if f"`{kind}`" not in text] == []
