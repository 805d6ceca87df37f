"""Sources to read from: a real PostgreSQL, a real MariaDB, and a SQLite file."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from django.test import override_settings
from sqlalchemy.pool import NullPool

if TYPE_CHECKING:
    from tests.datamap.contract import Ledger


@dataclass(frozen=True)
class Source:
    """A database under SOURCE_TEST_URL, with an engine of its own to write to it."""

    url: str
    engine: sa.Engine

    @classmethod
    def at(cls, url: str) -> "Source":
        """Return the database at `url`, which the settings may name as they like."""
        return cls(url, _engine(url))

    @property
    def backend(self) -> str:
        """Return postgresql, mariadb or sqlite."""
        return self.engine.dialect.name

    @property
    def is_postgres(self) -> bool:
        return self.backend == "postgresql"

    def run(self, *statements: str) -> None:
        with self.engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def fill(self, table: str, rows: list[dict[str, object]]) -> None:
        """Replace the rows of a table."""
        with self.engine.begin() as connection:
            connection.exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608 (a test's own name)
            if rows:
                clause = sa.table(table, *(sa.column(name) for name in rows[0]))
                connection.execute(clause.insert(), rows)


def _engine(url: str) -> sa.Engine:
    return sa.create_engine(
        url.replace("postgres://", "postgresql+psycopg2://"), poolclass=NullPool
    )


@pytest.fixture(scope="module")
def postgres(make_session_database: Callable[[], str]) -> Iterator[Source]:
    url = make_session_database()
    with override_settings(SOURCE_URLS={"SOURCE_TEST_URL": url}):
        yield Source(url, _engine(url))


@pytest.fixture(scope="module")
def mariadb(make_session_mariadb: Callable[[], str]) -> Iterator[Source]:
    url = make_session_mariadb()
    with override_settings(SOURCE_URLS={"SOURCE_TEST_URL": url}):
        yield Source(url, _engine(url))


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    url = f"sqlite:///{tmp_path_factory.mktemp('source') / 'source.db'}"
    with override_settings(SOURCE_URLS={"SOURCE_TEST_URL": url}):
        yield Source(url, _engine(url))


@pytest.fixture(scope="module", params=["postgresql", "mariadb", "sqlite"])
def source(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Source]:
    """Each dialect in turn: what holds on one holds on the others."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('source') / 'source.db'}"
    else:
        server = "database" if request.param == "postgresql" else "mariadb"
        url = request.getfixturevalue(f"make_session_{server}")()
    with override_settings(SOURCE_URLS={"SOURCE_TEST_URL": url}):
        yield Source(url, _engine(url))


@pytest.fixture(scope="module")
def shop_source(source: Source) -> Source:
    from tests.datamap.contract import make_shop  # noqa: PLC0415 (it needs Source from here)

    make_shop(source)
    return source


@pytest.fixture
def ledger(shop_source: Source) -> "Ledger":
    """The shop of the contract tests, filled anew, in each database in turn."""
    from tests.datamap.contract import Ledger, fill_shop  # noqa: PLC0415

    fill_shop(shop_source)
    return Ledger(shop_source)
