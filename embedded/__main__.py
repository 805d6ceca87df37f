"""`python -m embedded run` starts the product; `... reset` removes the demonstration's data."""

import sys

from embedded.reset import reset
from embedded.run import run

_COMMANDS = {"run": run, "reset": reset}


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in _COMMANDS:
        print(f"Usage: python -m embedded {'|'.join(_COMMANDS)}", file=sys.stderr)
        return 2
    return _COMMANDS[arguments[0]]()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
