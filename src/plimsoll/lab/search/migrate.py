"""Studies moved to another storage, whole or not at all: journal files, SQLite, PostgreSQL.

Optuna copies; three things are added. It copies by many transactions: here they are one of the
database, or a new file that is put in its place. It takes along the ids of the parents that genetic
samplers keep, which are other trials in another storage: here they are the same trials. And two
copies of one search that both go on would be counted as one in the ledger of trials: the study
that stays behind knows where it went, and `plimsoll search` does not go on with it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

import optuna
from optuna.exceptions import OptunaError
from optuna.storages import BaseStorage, RDBStorage
from optuna.study import Study
from sqlalchemy import create_engine, inspect
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import scoped_session, sessionmaker
from sqlalchemy.pool import NullPool

from plimsoll.bridge.state import registry
from plimsoll.control.database_address import address_of
from plimsoll.core import PlimsollError, UsageError
from plimsoll.lab.search.new_journal import new_journal
from plimsoll.lab.search.storage import JOURNAL, first_line, is_journal, open_storage, shown
from plimsoll.lab.search.studies import IDENTITY, MOVED, UID, join_study, running_in
from plimsoll.lab.search.study_record import (
    StudyRecord,
    ids_of,
    is_of_parents,
    moved_to,
    record_of,
    study_names,
    system,
    with_parents,
)

TABLE = "studies"
"""Optuna's, which every database has that holds a study."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedStudy(StudyRecord):
    """A study that both storages agree about.

    ``there_before`` is true when nothing had to be copied: it had been moved already.
    """

    source: str
    there_before: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MigratedStudies:
    """What was moved, and where to, without a password."""

    studies: tuple[MovedStudy, ...]
    target: str

    @property
    def trials(self) -> int:
        """How many trials they have together."""
        return sum(one.trials for one in self.studies)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A study of a source."""

    address: str
    storage: BaseStorage
    record: StudyRecord

    @property
    def name(self) -> str:
        return self.record.name

    @property
    def study(self) -> Study:
        return _study(self.storage, self.name)


def migrate_studies(
    source: str,
    target: str,
    names: Sequence[str] = (),
    say: Callable[[str], object] = lambda _: None,
) -> MigratedStudies:
    """Copy studies into another storage, compare, and leave word of it where they were.

    Parameters
    ----------
    source
        A storage as `plimsoll search` takes it, or a folder of journal files.
    target
        A storage; a journal file has to be a new one.
    names
        Of the studies; by default all.
    say
        Is told of each study before it is copied.

    Raises
    ------
    UsageError
        When an address is of another kind, both are one, or there is no such study.
    PlimsollError
        When one is being searched, the target has another one of its name, or a copy differs; the
        target is as it was.
    """
    addresses = _addresses(source)
    where = _name(target)
    for address in addresses:
        if _name(address) == where:
            raise UsageError(f"expected two storages, found {shown(address)} twice")
    found = _found(addresses, names)
    _require_new_or_all(target, found)
    told: list[Study] = []
    try:
        with _taken_back(told, target), _writing(target) as write:
            moved = tuple(_copied(one, write, where, say) for one in found)
            new = [one for one, made in zip(found, moved, strict=True) if not made.there_before]
            _require_not_elsewhere(new, where)
            _leave_word(found, write, where, told)
            for one in found:
                _settle(_study(write, one.name))
    except (SQLAlchemyError, OptunaError, OSError, ValueError, KeyError, TypeError) as error:
        raise PlimsollError(
            f"the studies of {shown(source)} were not moved to {shown(target)}: "
            f"{first_line(error)}; run it again once that is mended"
        ) from None
    return MigratedStudies(studies=moved, target=shown(target))


def _addresses(source: str) -> list[str]:
    """Return the storages of a source; none of them is made by asking."""
    if not is_journal(source):
        _require_studies(source)
        return [source]
    path = Path(source).expanduser()
    files = sorted(path.glob(f"*{JOURNAL}")) if path.is_dir() else [path]
    if not files or not files[0].is_file():
        raise UsageError(f"expected a storage with studies at {source}, found none")
    return [str(file) for file in files]


def _require_studies(address: str) -> None:
    url = address_of(address)
    file = url.database if url.get_backend_name() == "sqlite" else None
    engine = create_engine(url, poolclass=NullPool)
    try:
        there = (file is None or Path(file).is_file()) and inspect(engine).has_table(TABLE)
    except SQLAlchemyError as error:
        raise UsageError(f"{shown(address)} cannot be read: {first_line(error)}") from None
    if not there:
        raise UsageError(f"expected a storage with studies at {shown(address)}, found none")


def _name(address: str) -> str:
    """Return what a storage is known by, however it is written."""
    if is_journal(address):
        return str(Path(address).expanduser().resolve())
    url = address_of(address).render_as_string(hide_password=False)
    return str(registry.database_name({"db_url": url}))


def _found(addresses: Sequence[str], names: Sequence[str]) -> list[_Found]:
    """Return the studies that are meant; none of them is being searched."""
    found: dict[str, _Found] = {}
    for address in addresses:
        storage = open_storage(address)
        for name in study_names(storage):
            if names and name not in names:
                continue
            if name in found:
                raise UsageError(
                    f"the study {name} is in {found[name].address} and in {address}: move one of "
                    "them by its file"
                )
            if running := running_in(_study(storage, name)):
                raise PlimsollError(
                    f"the study {name} on {shown(address)} is being searched (trial "
                    f"{running[0] + 1} runs): end that, then move it"
                )
            record = record_of(storage, name)
            found[name] = _Found(address=address, storage=storage, record=record)
    if lacking := sorted(set(names) - set(found)):
        raise UsageError(f"expected a study {lacking[0]}, found none of that name")
    if not found:
        raise UsageError(f"expected a study in {shown(addresses[0])}, found none")
    return list(found.values())


def _require_new_or_all(target: str, found: Sequence[_Found]) -> None:
    """Refuse a journal file that is there and lacks any of them: it would be written line by line.

    A study that was moved before, and goes back unchanged, is there.
    """
    if not is_journal(target) or not Path(target).expanduser().exists():
        return
    there = study_names(open_storage(target))
    if lacking := [one.name for one in found if one.name not in there]:
        raise PlimsollError(
            f"expected no file at {target}, found one without the study {lacking[0]}; name a new "
            "file: a journal is made whole"
        )


@contextmanager
def _writing(address: str) -> Iterator[BaseStorage]:
    """Write into a storage; what is not whole at the end is not there."""
    if is_journal(address):
        file = Path(address).expanduser()
        with nullcontext(open_storage(address)) if file.exists() else new_journal(file) as journal:
            yield journal
        return
    storage = open_storage(address)
    if not isinstance(storage, RDBStorage):
        raise TypeError(address)
    try:
        with storage.engine.begin() as connection:
            # What Optuna commits is kept by this transaction alone; what it rolls back ends it.
            made = sessionmaker(bind=connection, join_transaction_mode="rollback_only")
            storage.scoped_session = scoped_session(made)
            yield storage
    finally:
        storage.engine.dispose()


def _copied(
    one: _Found, write: BaseStorage, where: str, say: Callable[[str], object]
) -> MovedStudy:
    """Copy a study, unless it is there, and return what both sides agree about."""
    there = one.name in study_names(write)
    if there:
        made = _required_same(one, write, where)
    else:
        _require_not_elsewhere([one], where)
        say(f"{one.name}: {one.record.trials:,} trials")
        optuna.copy_study(from_study_name=one.name, from_storage=one.storage, to_storage=write)
        _same_parents(one.storage, write, one.name)
        if (made := record_of(write, one.name)) != one.record:
            raise PlimsollError(
                f"the copy of the study {one.name} differs: {one.record.difference(made)}; "
                "nothing was kept"
            )
    return MovedStudy(**asdict(made), source=shown(one.address), there_before=there)


def _required_same(one: _Found, write: BaseStorage, where: str) -> StudyRecord:
    """Refuse another study of the name; one that was moved here before may have gone on."""
    study, there = one.study, record_of(write, one.name)
    uid = study.user_attrs.get(UID)
    known = uid is not None and uid == _study(write, one.name).user_attrs.get(UID)
    if there != one.record and not (known and moved_to(study) == where):
        raise PlimsollError(
            f"the target has another study {one.name}: {one.record.difference(there)}; name "
            "another target: what two searches found is never mixed"
        )
    return there


def _same_parents(source: BaseStorage, target: BaseStorage, name: str) -> None:
    """Let the parents of each generation be the same trials, which have other ids here."""
    kept = system(source, name)
    if not any(is_of_parents(key, value) for key, value in kept.items()):
        return
    numbers = ids_of(_study(source, name).get_trials(deepcopy=False))
    ids = {number: one for one, number in ids_of(_study(target, name).trials).items()}
    others = {one: ids[number] for one, number in numbers.items()}
    study = target.get_study_id_from_name(name)
    for key, value in with_parents(kept, others).items():
        if is_of_parents(key, value):
            target.set_study_system_attr(study, key, value)


def _settle(study: Study) -> None:
    """Take off what says that a study was moved: it is here."""
    if moved_to(study) is not None:
        study.set_user_attr(MOVED, None)


def _require_not_elsewhere(found: Sequence[_Found], where: str) -> None:
    """Refuse a study that is somewhere else, also since another move that runs beside this one."""
    for one in found:
        if (moved := moved_to(one.study)) not in (None, where):
            raise PlimsollError(
                f"the study {one.name} on {shown(one.address)} was moved to {moved}: move it "
                "from there"
            )


def _leave_word(found: Sequence[_Found], write: BaseStorage, where: str, told: list[Study]) -> None:
    """Say at the sources where the studies are, before these are kept, and look once more.

    A kill between the two leaves studies that nobody goes on with, until this is run again.
    """
    for one in found:
        study = one.study
        if IDENTITY in study.user_attrs and moved_to(study) is None:
            told.append(study)
            study.set_user_attr(MOVED, where)
            if moved_to(_study(write, one.name)) == where:
                study.set_user_attr(MOVED, None)
                raise UsageError(
                    f"expected two storages, found the study {one.name} of "
                    f"{shown(one.address)} in both: they are one"
                )
        if record_of(one.storage, one.name) != one.record:
            raise PlimsollError(
                f"the study {one.name} of {shown(one.address)} was written while it was "
                "copied: end its search, then move it. Nothing was kept"
            )


@contextmanager
def _taken_back(told: list[Study], target: str) -> Iterator[None]:
    """Take back the word that was left when nothing was kept in the target after all.

    Where that cannot be seen it stays: two that go on with one search are worse than none.
    """
    try:
        yield
    except BaseException as error:
        for study in told:
            if _lacks(target, study.study_name, error):
                study.set_user_attr(MOVED, None)
        raise


def _lacks(target: str, name: str, error: BaseException) -> bool:
    """Return whether a target surely has no study of a name, after what was raised."""
    if getattr(error, "connection_invalidated", False):  # the server may keep it still
        return False
    if is_journal(target) and not Path(target).expanduser().exists():
        return True
    try:
        return name not in study_names(open_storage(target))
    except (PlimsollError, SQLAlchemyError, OptunaError, OSError, ValueError, KeyError):
        return False


def _study(storage: BaseStorage, name: str) -> Study:
    return join_study(storage, name, sampler=None)  # type: ignore[arg-type]
