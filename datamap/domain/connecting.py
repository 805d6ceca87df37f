"""How a resource is reached: the `connector` of the map."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from datamap.domain.basics import Part


class SqlConnector(Part):
    """A database reached by SQLAlchemy; its address is an environment variable."""

    kind: Literal["sql"]
    url_env: Annotated[str, StringConstraints(pattern=r"^SOURCE_[A-Z0-9_]+_URL$")]


class ManualConnector(Part):
    """No program reaches it: the owner is given a task, and `due_days` days to answer it."""

    kind: Literal["manual"]
    due_days: Annotated[int, Field(ge=1, le=30)] = 7
