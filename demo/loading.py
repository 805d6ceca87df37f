"""Making the demonstration ready: sources filled, map loaded, staff who may sign in."""

from base64 import b32encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from hashlib import sha256
from pathlib import Path

from django.db import transaction

from accounts.domain.roles import Role
from accounts.models import User
from audit.domain.actor import Actor
from audit.services import record
from datamap.services import read_map
from demo.rows_customers import Plan
from demo.seeding import Seeded, already_filled, check_plan, is_empty, seed_source
from demo.sources import SOURCES
from embedded.secrets import demo_secret

Tell = Callable[[str], object]
MAP_DIR = Path(__file__).resolve().parent / "datamap"


@dataclass(frozen=True)
class StaffMember:
    """One of the demonstration's staff."""

    email: str
    name: str
    role: Role


STAFF = (
    StaffMember("handler@demo.example", "Hanna Kallas", Role.HANDLER),
    StaffMember("dpo@demo.example", "Dorota Maciejewska", Role.DPO),
    StaffMember("security@demo.example", "Sander Põder", Role.SECURITY),
    StaffMember("engineer@demo.example", "Edgars Upītis", Role.ENGINEER),
    StaffMember("auditor@demo.example", "Agata Rybak", Role.AUDITOR),
)


class Existing(Enum):
    """What to do with a database that already holds the company's data."""

    REFUSE = "refuse"
    REPLACE = "replace"
    KEEP = "keep"


def demo_password(var_dir: Path) -> str:
    """The password of all demonstration staff, such as k3vq-7mzd-p2xa-9tbw.

    Its 80 random bits are made once an installation and kept under `var_dir`.
    """
    digest = sha256(demo_secret("DEMO_PASSWORD", var_dir).encode()).digest()
    letters = b32encode(digest).decode().lower()
    return "-".join(letters[start : start + 4] for start in range(0, 16, 4))


def seed_sources(
    *, plan: Plan, urls: Mapping[str, str], existing: Existing, tell: Tell
) -> list[Seeded]:
    """Fill the company's databases and return what went in; raises SeedingRefused.

    Nothing is filled when any of them must not be; `Existing.KEEP` passes over filled ones.
    """
    check_plan(plan)
    datamap = read_map(MAP_DIR)
    wanted = []
    for source in SOURCES:
        empty = existing is Existing.REPLACE or is_empty(source, url=urls.get(source.url_name, ""))
        if empty:
            wanted.append(source)
        elif existing is Existing.REFUSE:
            raise already_filled(source)
    return [
        seed_source(
            source,
            url=urls.get(source.url_name, ""),
            plan=plan,
            resource=datamap.resource(source.id),
            reset=existing is Existing.REPLACE,
            tell=tell,
        )
        for source in wanted
    ]


@transaction.atomic
def create_staff(*, password: str, by: Actor, at: datetime) -> list[StaffMember]:
    """Create those of the staff who do not exist yet and return them.

    Whoever exists keeps their password and roles: somebody may have changed them.
    """
    created = []
    for member in STAFF:
        if User.objects.filter(email__iexact=member.email).exists():
            continue
        user = User.objects.create_user(
            email=member.email, password=password, name=member.name, roles=[member.role.value]
        )
        record(
            "user.created",
            by=by,
            at=at,
            object_kind="user",
            object_id=str(user.pk),
            data={"roles": [member.role.value]},
        )
        created.append(member)
    return created
