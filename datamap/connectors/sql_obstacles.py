"""What speaks against more work in a source just now: replicas, long transactions, waiting locks.

What the source does not let us see is no obstacle: the rights it takes are in docs/operations.md.
"""

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from datamap.connectors.sql_engine import backend_of
from datamap.connectors.sql_partitions import quoted
from datamap.domain.schema import Pace, Table
from datamap.domain.vocabulary import Obstacle

_LAG = sa.text("SELECT max(extract(epoch FROM replay_lag)) FROM pg_stat_replication")
_LONG = {
    "postgresql": sa.text("""
        SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
          AND backend_type = 'client backend' AND application_name <> 'apifonica-privacy'
          AND xact_start < now() - make_interval(secs => :seconds)
        LIMIT 1
    """),
    "mysql": sa.text("""
        SELECT 1 FROM information_schema.innodb_trx
        WHERE trx_mysql_thread_id <> CONNECTION_ID()
          AND trx_started < NOW() - INTERVAL :seconds SECOND
        LIMIT 1
    """),
}
_WAITING = sa.text("""
    SELECT 1 FROM pg_locks
    WHERE NOT granted AND locktype = 'relation' AND relation IN (
        SELECT CAST(:table AS regclass)
        UNION ALL SELECT relid FROM pg_partition_tree(CAST(:table AS regclass))
    )
    LIMIT 1
""")


def obstacle_in(connection: Connection, table: Table, pace: Pace) -> Obstacle | None:
    """Return why the source should be left in peace for now."""
    backend = backend_of(connection)
    if backend == "postgresql":
        lag = connection.scalar(_LAG)
        if lag is not None and lag > pace.replica_lag:
            return Obstacle.REPLICA_LAG
        if connection.scalar(_WAITING, {"table": quoted(connection, table)}):
            return Obstacle.LOCK_WAIT
    if backend in _LONG and _runs_long(connection, backend, pace.long_transaction):
        return Obstacle.LONG_TRANSACTION
    return None


def _runs_long(connection: Connection, backend: str, seconds: int) -> bool:
    if backend == "postgresql":
        return connection.scalar(_LONG[backend], {"seconds": seconds}) is not None
    try:
        return connection.scalar(_LONG[backend], {"seconds": seconds}) is not None
    except DBAPIError:  # without the right PROCESS
        return False
