"""What the documentation says to type exists: commands, options, targets, files, modules."""

import io
import re
import shlex
from collections.abc import Iterator
from contextlib import redirect_stderr
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import typer
from freqtrade.commands.arguments import Arguments
from pydantic import BaseModel

from plimsoll.bridge.config.settings import PlimsollSettings
from plimsoll.cli import app
from tests.architecture.tree import short
from tests.conftest import ROOT

ROOT_PAGES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
PAGES = [
    page
    for page in (*(ROOT / name for name in ROOT_PAGES), *sorted((ROOT / "docs").rglob("*.md")))
    if page.is_file()
]
SHELLS = {"", "sh", "bash", "shell", "console", "shell-session"}
FENCE = re.compile(r"^ *```([\w-]*)[^\n]*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!\\)\[[^\]\n]*\]\(\s*<?([^)\s>]+)>?[^)]*\)")
BACKTICKED = re.compile(r"`([^`\n]+)`")
ASSIGNMENT = re.compile(r"\w+=.*")
VARIABLE = re.compile(r"""(?:export )?(\w+)=(["']?)(.*)\2""")
ARRAY = re.compile(r"(\w+)=\(([^)]*)\)")
MODULE = re.compile(r"plimsoll(?:\.\w+)+")
PROFILE = re.compile(r"user_data/config/([\w-]+\.json)")

every_page = pytest.mark.parametrize("page", PAGES, ids=short)


@dataclass(frozen=True)
class Typed:
    """One command that a page tells its reader to type."""

    line: str
    words: tuple[str, ...]

    @property
    def program(self) -> str:
        return Path(self.words[0]).name


def blocks(text: str) -> Iterator[str]:
    """Bodies of the fenced blocks that hold shell commands."""
    for language, body in FENCE.findall(text):
        if language in SHELLS:
            yield body


def typed(text: str) -> Iterator[Typed]:
    """Commands of the fenced blocks, with the variables that a line of the page sets.

    In a block with ``$`` prompts the other lines are output.
    """
    variables: dict[str, str] = {}
    for body in blocks(text):
        lines = [line.strip() for line in body.replace("\\\n", " ").splitlines()]
        if any(line.startswith("$ ") for line in lines):
            lines = [line[2:] for line in lines if line.startswith("$ ")]
        for line in lines:
            if array := ARRAY.fullmatch(line):
                variables[f"{array[1]}[@]"] = array[2]
                continue
            part = re.sub(r'"\$\{(\w+\[@\])\}"', lambda m: variables.get(m[1], m[0]), line)
            full = re.sub(r"\$\{?(\w+)\}?", lambda m: variables.get(m[1], m[0]), part)
            if (setting := VARIABLE.fullmatch(full)) and (setting[2] or " " not in setting[3]):
                variables[setting[1]] = setting[3]
            else:
                yield from commands_of(full)


def commands_of(line: str) -> Iterator[Typed]:
    """Split one line at ``&&``, ``;``, ``|`` and ``&``; drop comments and ``NAME=value``."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="();<>|&")
    lexer.whitespace_split, lexer.commenters = True, "#"
    try:
        words = list(lexer)
    except ValueError:  # output that is not shell, with a lone quote
        return
    part: list[str] = []
    for word in [*words, ";"]:
        if word and set(word) <= set("();|&"):
            while part and ASSIGNMENT.fullmatch(part[0]):
                part.pop(0)
            if part:
                yield Typed(line, tuple(part[: part.index(">")] if ">" in part else part))
            part = []
        else:
            part.append(word)


def typed_with(program: str, page: Path) -> list[Typed]:
    found = typed(page.read_text(encoding="utf-8"))
    return [command for command in found if command.program == program]


HANDED_ON = {
    "plimsoll backtest-compare": "backtesting",
    "plimsoll search": "hyperopt",
    "plimsoll walk-forward": "hyperopt",
    "plimsoll calibrate": "hyperopt",
    "plimsoll monte-carlo": "backtesting",
    "plimsoll compare": "backtesting",
}
"""Commands of ours that hand on what they do not know, and Freqtrade's that takes it."""


def fault_of_plimsoll(words: tuple[str, ...]) -> str | None:
    """Say which command or option the ``plimsoll`` command does not have."""
    command: Any = typer.main.get_command(app)
    rest, name = list(words[1:]), "plimsoll"
    while rest:
        word = rest.pop(0)
        if word.startswith("-") and word != "-":
            option, _, inline = word.partition("=")
            known = {
                opt: parameter
                for parameter in command.params
                for opt in (*parameter.opts, *parameter.secondary_opts)
            } | dict.fromkeys(("-h", "--help"))
            if option not in known and command.context_settings.get("ignore_unknown_options"):
                return fault_of_freqtrade((HANDED_ON[name], word, *rest))
            if option not in known:
                return f"{name} has no option {option}"
            parameter = known[option]
            if parameter is not None and not inline and not parameter.is_flag:
                if not rest:
                    return f"{name} {option} needs a value"
                rest.pop(0)
        elif hasattr(command, "commands"):
            if word not in command.commands:
                return f"{name} has no command {word}"
            command, name = command.commands[word], f"{name} {word}"
        elif not any(parameter.param_type_name == "argument" for parameter in command.params):
            return f"{name} takes no argument, found {word}"
    return None


def fault_of_freqtrade(words: tuple[str, ...]) -> str | None:
    """Say what Freqtrade does not understand of what a command of ours hands on to it."""
    said = io.StringIO()
    try:
        with redirect_stderr(said):
            Arguments(list(words)).get_parsed_arg()
    except SystemExit:
        return said.getvalue().strip().splitlines()[-1]
    return None


def make_targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z][\w-]*):(?!=)", makefile, re.MULTILINE))


def resolves(name: str) -> bool:
    """Whether a dotted name is a module, something in one, or a key of the config's section."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        if length > 1 and not _is_module(".".join(parts[:length])):
            continue
        found: Any = import_module(".".join(parts[:length]))
        for part in parts[length:]:
            found = getattr(found, part, None)
        if found is not None:
            return True
        break
    return _is_setting(parts[1:])


def _is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def _is_setting(keys: list[str]) -> bool:
    model: Any = PlimsollSettings
    for key in keys:
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            return False
        if key not in model.model_fields:
            return False
        model = model.model_fields[key].annotation
    return True


def written_profiles() -> set[str]:
    """Profiles that some page writes with ``--write-config`` before it names them."""
    found = set()
    for page in PAGES:
        for command in typed_with("plimsoll", page):
            if "--write-config" in command.words[:-1]:
                target = command.words[command.words.index("--write-config") + 1]
                found.add(Path(target).name)
    return found


@every_page
def test_every_link_leads_to_a_file(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    targets = [target for target in LINK.findall(text) if not re.match(r"[a-z]+:|#", target)]
    paths = {target: page.parent / target.split("#")[0] for target in targets}
    assert [target for target, path in paths.items() if not path.exists()] == []


@every_page
def test_every_make_target_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = [command.words for command in typed_with("make", page)]
    named += [tuple(span.split()) for span in BACKTICKED.findall(FENCE.sub("", text))]
    targets = {
        word
        for words in named
        if words and words[0] == "make"
        for word in words[1:]
        if re.fullmatch(r"[a-z][\w-]*", word)
    }
    assert targets - make_targets() == set()


@every_page
def test_every_plimsoll_command_exists_with_its_options(page: Path) -> None:
    faults = {
        command.line: fault_of_plimsoll(command.words) for command in typed_with("plimsoll", page)
    }
    assert {line: fault for line, fault in faults.items() if fault} == {}


@every_page
def test_freqtrade_understands_every_freqtrade_command(
    page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = {}
    for command in typed_with("freqtrade", page):
        try:
            Arguments(list(command.words[1:])).get_parsed_arg()
        except SystemExit as ended:
            if ended.code:
                refused[command.line] = capsys.readouterr().err.strip().splitlines()[-1]
    assert refused == {}


@every_page
def test_every_shipped_profile_that_is_named_exists(page: Path) -> None:
    shipped = {file.name for file in (ROOT / "user_data/config").glob("*.json")}
    named = set(PROFILE.findall(page.read_text(encoding="utf-8")))
    assert named - shipped - written_profiles() == set()


@every_page
def test_every_name_of_the_package_exists(page: Path) -> None:
    spans = BACKTICKED.findall(FENCE.sub("", page.read_text(encoding="utf-8")))
    names = {name for span in spans for name in MODULE.findall(span)}
    assert sorted(name for name in names if not resolves(name)) == []


# The reader of the pages, on made-up pages: a reader that sees nothing would pass everything.


def test_the_reader_joins_lines_and_splits_commands() -> None:
    page = "```bash\nA=1 plimsoll init --userdir x \\\n  --json && make demo  # a remark\n```\n"
    assert [command.words for command in typed(page)] == [
        ("plimsoll", "init", "--userdir", "x", "--json"),
        ("make", "demo"),
    ]


def test_the_reader_puts_variables_in() -> None:
    page = (
        '```bash\nBASE="-c a.json -c b.json"\nNAME=x\n```\n```sh\nfreqtrade $NAME ${BASE} $C\n```\n'
        '```bash\nMORE=(-c a.json -c b.json)\nplimsoll "${MORE[@]}" "${LESS[@]}"\n```\n'
    )
    assert [command.words for command in typed(page)] == [
        ("freqtrade", "x", "-c", "a.json", "-c", "b.json", "$C"),
        ("plimsoll", "-c", "a.json", "-c", "b.json", "${LESS[@]}"),
    ]


def test_the_reader_takes_output_beside_prompts_for_output() -> None:
    page = "```console\n$ plimsoll venue scenarios | head > x\nplimsoll says nothing\n```\n"
    assert [command.words for command in typed(page)] == [
        ("plimsoll", "venue", "scenarios"),
        ("head",),
    ]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("plimsoll init --userdir user_data", None),
        ("plimsoll -h", None),
        ("plimsoll doctor -c a.json --json", None),
        ("plimsoll venue serve --port=8601 --scenario flash-crash", None),
        ("plimsoll backtest-compare --observe --strategy Mine -i 5m", None),
        ("plimsoll innit", "plimsoll has no command innit"),
        ("plimsoll backtest-compare --observe -c a.json --strategy Mine", None),
        (
            "plimsoll backtest-compare -c a.json --no-such",
            "freqtrade: error: unrecognized arguments: --no-such",
        ),
        ("plimsoll venue sail", "plimsoll venue has no command sail"),
        ("plimsoll init --no-such", "plimsoll init has no option --no-such"),
        ("plimsoll init folder", "plimsoll init takes no argument, found folder"),
        ("plimsoll venue serve --port", "plimsoll venue serve --port needs a value"),
    ],
)
def test_the_reader_knows_the_command(line: str, fault: str | None) -> None:
    [command] = commands_of(line)
    assert fault_of_plimsoll(command.words) == fault


def test_the_reader_knows_modules_and_settings() -> None:
    known = [
        "plimsoll.bridge.freqtrade.plugin_search.RegisteringHandler",
        "plimsoll.risk",
        "plimsoll.live_opt_in",
    ]
    known += ["plimsoll.risk.max_daily_loss_fraction", "plimsoll.features"]
    unknown = [
        "plimsoll.nowhere",
        "plimsoll.bridge.freqtrade.plugin_search.Nothing",
        "plimsoll.risk.typo",
    ]
    assert [name for name in known + unknown if resolves(name)] == known
