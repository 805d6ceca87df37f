"""A worker of its own that does one piece of work and says what memory it took.

python -m benchmarks.worker WORK PERSON, in the environment of a run.
"""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import django

_STATUS = Path("/proc/self/status")
_RESET_PEAK = "5"  # proc(5), clear_refs


def megabytes(name: str) -> float:
    """Return a figure of /proc/self/status, such as VmRSS, in MB (2**20 bytes)."""
    found = re.search(rf"^{name}:\s+(\d+) kB", _STATUS.read_text(), re.MULTILINE)
    if found is None:
        raise LookupError(name)
    return int(found[1]) / 1024


def _works() -> dict[str, Callable[[int], object]]:
    # Imported when Django is set up.
    from accounts.models import User  # noqa: PLC0415
    from benchmarks import access, erasing  # noqa: PLC0415
    from benchmarks.run import resource  # noqa: PLC0415

    one, other = User.objects.order_by("pk")[:2]
    company = resource()

    def carry_out(person: int) -> int:
        return erasing.carry_out(erasing.plan(person, by=one), by=other)

    def package(person: int) -> int:
        case = access.file_request(person, by=one)
        access.collect(case)
        return access.build_package(case, by=one)

    return {
        "extract": lambda person: access.extract(company, person),
        "collect": lambda person: access.collect(access.file_request(person, by=one)),
        "package": package,
        "erase": lambda person: erasing.erase(company, person),
        "carry_out": carry_out,
    }


def main(work: str, person: str) -> None:
    """Do the work and print the memory of the idle worker and its peak, in MB."""
    django.setup()
    do = _works()[work]
    idle = megabytes("VmRSS")
    Path("/proc/self/clear_refs").write_text(_RESET_PEAK)
    do(int(person))
    print(json.dumps({"idle": idle, "peak": megabytes("VmHWM")}))


if __name__ == "__main__":
    main(*sys.argv[1:])
