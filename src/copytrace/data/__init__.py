"""Downloads datasets: manifests, mirrors, and downloads that resume if interrupted."""

from copytrace.data.challenges import CHALLENGES
from copytrace.data.commands import PLACEHOLDER, download_commands, s3_commands
from copytrace.data.dataset import KINDS, Dataset, Kind, Mirror, Split, choose, parse_dataset
from copytrace.data.download import CONNECTIONS, TRIES, Downloaded, download, prepare
from copytrace.data.make_manifest import manifest_folder
from copytrace.data.manifest import Entry, Manifest, make_manifest, read_manifest, write_manifest
from copytrace.data.mirrors import AUTO, choose_mirror
from copytrace.data.paths import KEPT_MANIFEST
from copytrace.data.plan import Plan
from copytrace.data.resolve import manifest_of, require_locations, resolve
from copytrace.data.verify import Verified, verify

__all__ = [
    "AUTO",
    "CHALLENGES",
    "CONNECTIONS",
    "KEPT_MANIFEST",
    "KINDS",
    "PLACEHOLDER",
    "TRIES",
    "Dataset",
    "Downloaded",
    "Entry",
    "Kind",
    "Manifest",
    "Mirror",
    "Plan",
    "Split",
    "Verified",
    "choose",
    "choose_mirror",
    "download",
    "download_commands",
    "make_manifest",
    "manifest_folder",
    "manifest_of",
    "parse_dataset",
    "prepare",
    "read_manifest",
    "require_locations",
    "resolve",
    "s3_commands",
    "verify",
    "write_manifest",
]
