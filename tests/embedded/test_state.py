from pathlib import Path

from embedded.state import clear_state, read_state, write_state


def test_state_of_nothing_running_is_empty(tmp_path: Path) -> None:
    assert read_state(tmp_path) == {}


def test_state_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_state(tmp_path, {"REDIS_URL": "redis://:old@127.0.0.1:1/0"})
    write_state(tmp_path, {"DATABASE_URL": "postgres://a:b@127.0.0.1:1/ü"})

    assert read_state(tmp_path) == {"DATABASE_URL": "postgres://a:b@127.0.0.1:1/ü"}
    assert [path.name for path in tmp_path.iterdir()] == ["embedded.json"]


def test_state_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    write_state(tmp_path, {"REDIS_URL": "redis://:secret@127.0.0.1:1/0"})

    assert (tmp_path / "embedded.json").stat().st_mode & 0o777 == 0o600


def test_state_cleared_twice_is_empty(tmp_path: Path) -> None:
    write_state(tmp_path, {"REDIS_URL": "redis://127.0.0.1:1/0"})

    clear_state(tmp_path)
    clear_state(tmp_path)

    assert read_state(tmp_path) == {}
