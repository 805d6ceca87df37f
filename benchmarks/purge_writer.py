"""Somebody who writes into the archive. python -m benchmarks.purge_writer ADDRESS."""

import sys

import django

if __name__ == "__main__":
    django.setup()
    from benchmarks.purging import write

    write(sys.argv[1])
