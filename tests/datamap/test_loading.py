"""A map is loaded as a version; the same content changes nothing."""

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import override_settings

from audit.domain.actor import Actor
from audit.queries import events_of
from datamap.domain.assembly import assemble
from datamap.domain.particulars import data_kinds_of, particulars_of, recipients_of
from datamap.domain.yaml_source import MapError
from datamap.models import MapVersion
from datamap.queries import (
    NoMap,
    controller_of,
    current_map,
    current_version,
)
from datamap.services import load_map, read_map
from tests.datamap.conftest import Source
from tests.datamap.maps import (
    CALLS,
    CONTRACTS,
    CUSTOMERS,
    HEAD,
    SHOP_SQL,
    example_files,
    with_generated,
)

AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
LATER = datetime(2026, 2, 1, 12, tzinfo=UTC)
BY = Actor.staff(7)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    for name, text in example_files().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "README.txt").write_text("no map: [")
    return tmp_path


def change(directory: Path) -> None:
    path = directory / "platform.yaml"
    path.write_text(path.read_text("utf-8").replace("Hamina", "Oulu"), encoding="utf-8")


@pytest.mark.django_db
def test_a_load_makes_the_version_in_force_and_records_it(directory: Path) -> None:
    version = load_map(directory=directory, by=BY, at=AT).version
    assert current_version() == version
    assert (version.loaded_at, version.loaded_by, str(version)) == (
        AT,
        "staff:7",
        f"data map {version.hash[:12]}",
    )
    assert current_map() == assemble(example_files())
    (event,) = events_of("datamap", version.hash)
    assert (event.verb, event.at, event.actor_ref) == ("datamap.loaded", AT, "7")
    assert event.data == {"hash": version.hash, "resources": 1, "tables": 3, "columns": 17}


@pytest.mark.django_db
def test_the_same_content_again_changes_nothing(directory: Path) -> None:
    first = load_map(directory=directory, by=BY, at=AT).version
    path = directory / "organisation.yaml"
    path.write_text(path.read_text("utf-8") + "\n# a comment is no content\n", encoding="utf-8")
    again = load_map(directory=directory, by=Actor.system("datamap"), at=LATER).version
    assert (again, again.loaded_at) == (first, AT)
    assert events_of("datamap", first.hash).count() == 1


@pytest.mark.django_db
def test_a_former_content_comes_into_force_again(directory: Path) -> None:
    first = load_map(directory=directory, by=BY, at=AT).version
    before = (directory / "platform.yaml").read_text("utf-8")
    change(directory)
    second = load_map(directory=directory, by=BY, at=LATER).version
    assert second.hash != first.hash
    assert current_map().resource("platform").location.place == "Oulu"
    (directory / "platform.yaml").write_text(before, encoding="utf-8")
    assert load_map(directory=directory, by=BY, at=LATER).version == first
    assert current_map().resource("platform").location.place == "Hamina"
    assert MapVersion.objects.filter(is_current=True).count() == 1
    assert events_of("datamap", first.hash).count() == 2


@pytest.mark.django_db
def test_a_faulty_map_leaves_the_version_in_force(directory: Path) -> None:
    version = load_map(directory=directory, by=BY, at=AT).version
    (directory / "more.yaml").write_text("tables: {}")
    with pytest.raises(MapError):
        load_map(directory=directory, by=BY, at=LATER)
    assert current_version() == version


@pytest.mark.django_db
def test_the_database_allows_one_version_in_force(directory: Path) -> None:
    version = load_map(directory=directory, by=BY, at=AT).version
    copy = {"document": {}, "loaded_at": AT, "loaded_by": "staff:7", "is_current": True}
    with pytest.raises(IntegrityError, match="one_current_map"), transaction.atomic():
        MapVersion.objects.create(hash="0" * 64, **copy)
    with pytest.raises(IntegrityError, match="hash"), transaction.atomic():
        MapVersion.objects.create(hash=version.hash, **copy | {"is_current": False})
    with pytest.raises(IntegrityError, match="map_hash_is_sha256"), transaction.atomic():
        MapVersion.objects.create(hash="md5", **copy | {"is_current": False})


@pytest.mark.django_db
def test_without_a_map_it_is_said_how_to_load_one() -> None:
    for query in (current_map, current_version):
        with pytest.raises(NoMap, match=r"manage\.py datamap load"):
            query()


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    def told(directory: Path) -> str:
        with pytest.raises(MapError) as refused:
            read_map(directory)
        return str(refused.value)

    assert told(tmp_path / "nowhere") == (
        f"{tmp_path / 'nowhere'}: is no directory that can be read; set DATAMAP_DIR or --dir"
    )
    assert told(tmp_path) == (f"{tmp_path}: must hold between 1 and 500 YAML files, and holds 0")
    (tmp_path / "a.yml").write_bytes(b"\xff")
    (tmp_path / "b.yaml").mkdir()
    assert told(tmp_path) == (
        "a.yml: cannot be read as UTF-8 text\nb.yaml: cannot be read as UTF-8 text"
    )


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("datamap", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_the_command_loads_checks_and_prints_indexes(tmp_path: Path, source: Source) -> None:
    source.run(*SHOP_SQL)
    (tmp_path / "shop.yaml").write_text(HEAD + CUSTOMERS + CONTRACTS + CALLS, encoding="utf-8")
    loaded = run("load", "--dir", str(tmp_path))
    assert loaded == f"The data map in force is {current_version().hash}.\n"
    assert current_version().loaded_by == "system:datamap"
    with pytest.raises(CommandError, match=r"shop\.contracts\.customer_id: has no index"):
        run("check")
    source.run(*(one for one in run("indexes").splitlines() if not one.startswith("--")))
    columns, checked = 13, ["check"]
    if source.backend == "mariadb":  # the map is told of the generated columns
        tables = "".join(map(with_generated, (CUSTOMERS, CONTRACTS, CALLS)))
        (tmp_path / "shop.yaml").write_text(HEAD + tables, encoding="utf-8")
        columns, checked = 17, ["check", "--dir", str(tmp_path)]
    agreed = f"The map and its sources agree: 1 resources, 3 tables, {columns} columns.\n"
    assert run(*checked) == agreed


@pytest.mark.django_db
def test_the_command_tells_what_is_wrong_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text("tables: [")
    with pytest.raises(CommandError, match=r"^shop\.yaml:1: is not valid YAML"):
        run("load", "--dir", str(tmp_path))
    with pytest.raises(CommandError, match=r"^No data map is loaded"):
        run("check")
    (tmp_path / "shop.yaml").write_text(HEAD + CUSTOMERS + CONTRACTS + CALLS, encoding="utf-8")
    run("load", "--dir", str(tmp_path))
    with (
        override_settings(SOURCE_URLS={}),
        pytest.raises(CommandError, match=r"^Shop has no address"),
    ):
        run("indexes")


def test_particulars_are_those_of_the_table() -> None:
    datamap = assemble(example_files())
    platform = datamap.resource("platform")
    customers, calls = platform.table("customers"), platform.table("calls")
    told = particulars_of(datamap, platform, customers)
    assert [one.name for one in told.recipients] == ["Google Cloud Platform"]
    assert told.data_kinds == ["identification", "contact"]
    assert (told.location.place, told.location.country) == ("Hamina", "FI")
    assert (told.purpose, told.source) == (customers.purpose, customers.source)
    assert told.legal_basis == "contract"
    assert recipients_of(datamap, platform, calls.model_copy(update={"recipients": ()})) == []
    technical = tuple(one for one in calls.columns if one.column_class == "technical")
    assert data_kinds_of(calls.model_copy(update={"columns": technical})) == ["traffic"]


def test_controller_of_a_row() -> None:
    datamap = assemble(example_files())
    calls = datamap.resource("platform").table("calls")
    acme = datamap.controller("acme")
    assert controller_of(datamap, calls, "42") is None
    assert controller_of(datamap, calls.model_copy(update={"controller": "acme"}), None) == acme
    shared = calls.model_copy(update={"controller_column": "id"})
    assert controller_of(datamap, shared, "42") == acme
    assert controller_of(datamap, shared, "43") is None
    assert controller_of(datamap, shared, None) is None
