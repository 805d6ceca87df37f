"""What is done with the data map."""

from datamap.services.loading import load_map, read_map

__all__ = ["load_map", "read_map"]
