from tests.datamap.conftest import source

__all__ = ["source"]
