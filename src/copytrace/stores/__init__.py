"""Opens locations of files: a folder, an S3 bucket, a web server; all are read the same way."""

from copytrace.stores.address import Address, is_remote, parse_address
from copytrace.stores.store import DEFAULT_REGION, Store, open_store
from copytrace.stores.trouble import Trouble, trouble_of

__all__ = [
    "DEFAULT_REGION",
    "Address",
    "Store",
    "Trouble",
    "is_remote",
    "open_store",
    "parse_address",
    "trouble_of",
]
