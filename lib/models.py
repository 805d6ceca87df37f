from lib.blobs import Blob, BlobChunk

__all__ = ["Blob", "BlobChunk"]
