"""The drawing of the imports in the documentation is the one that the code gives."""

import xml.etree.ElementTree as ET

import pytest

from tests.architecture.import_graph import (
    BEGIN,
    BRIDGE,
    END,
    LOOSE,
    OUTSIDE,
    drawings,
    drawn_page,
    edges,
    edges_between_rooms,
    floors,
    layers_of,
)
from tests.architecture.layered_drawing import svg

REMEDY = "draw it anew: python -m tests.architecture.import_graph --write"


def test_the_committed_drawings_are_current() -> None:
    for file, text in drawings().items():
        assert file.read_text(encoding="utf-8") == text, REMEDY


def test_the_graph_sees_the_packages_and_what_stands_on_them() -> None:
    found = edges()
    assert {("user_data", "signals"), ("plugins", "risk"), ("cli", "lab")} <= set(found)
    assert {one for one, other in found if other == OUTSIDE} == {"bridge", "control", "lab", *LOOSE}


def test_every_arrow_leads_down() -> None:
    rank = {name: number for number, floor in enumerate(floors()) for name in floor}
    assert [(one, other) for one, other in edges() if rank[one] >= rank[other]] == []


def test_the_rooms_of_the_bridge_stand_on_each_other() -> None:
    rank = {name: number for number, floor in enumerate(layers_of(BRIDGE)) for name in floor}
    between = edges_between_rooms(BRIDGE)
    assert {("strategies", "guarding"), ("guarding", "account")} <= set(between)
    assert [(one, other) for one, other in between if rank[one] >= rank[other]] == []


def test_a_page_without_its_marks_is_refused() -> None:
    assert drawn_page(f"a\n{BEGIN}\nold\n{END}\nb", "new") == f"a\n{BEGIN}\n\nnew\n\n{END}\nb"
    with pytest.raises(ValueError, match="found not both"):
        drawn_page(f"a\n{END}\n", "new")


def test_the_picture_is_well_formed_and_names_every_package_once() -> None:
    found = edges()
    picture = svg(floors(), found, dashed={OUTSIDE})
    texts = [node.text for node in ET.fromstring(picture).iter() if node.tag.endswith("text")]
    assert sorted(texts) == sorted(name for floor in floors() for name in floor)
    assert picture == svg(floors(), found[::-1], dashed={OUTSIDE})
