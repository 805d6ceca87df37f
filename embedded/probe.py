"""Asks the web server whether it is well: `python -m embedded.probe URL`, for health checks."""

import os
import sys
import urllib.request


def is_well(url: str, *, host: str) -> bool:
    """Whether `url`, asked for under the name `host`, answers 200."""
    request = urllib.request.Request(url, headers={"Host": host} if host else {})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 (our own address)
            return bool(answer.status == 200)  # noqa: PLR2004
    except OSError:
        return False


def main(arguments: list[str]) -> int:
    """The exit status for a health check. The name asked under is the first of ALLOWED_HOSTS."""
    host = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip().lstrip(".")
    return 0 if is_well(arguments[0], host="" if host == "*" else host) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
