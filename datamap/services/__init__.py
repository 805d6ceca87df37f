"""What is done with the data map."""

from datamap.services.checking import check_sources
from datamap.services.loading import load_map, read_map

__all__ = ["check_sources", "load_map", "read_map"]
