"""What is done with the data map."""

from datamap.services.loading import read_map

__all__ = ["read_map"]
