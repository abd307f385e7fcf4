"""Opens images from a folder, a list or a tar file as upright RGB pictures; hostile files do no harm."""

from copytrace.images.decode import MAX_PIXELS, MAX_SIDE, decode_image, image_size, load_image
from copytrace.images.facts import Facts, read_facts
from copytrace.images.file import MAX_BYTES, ImageFile
from copytrace.images.formats import EXTENSIONS, RAW_EXTENSIONS
from copytrace.images.image_list import IdScheme, ImageList
from copytrace.images.in_memory import MemoryImage, Picture, memory_image
from copytrace.images.input import RESIZES, Input, Resize, fit, load_input
from copytrace.images.picture_list import PictureList, Source
from copytrace.images.read_ahead import read_ahead
from copytrace.images.resize import thumbnail_jpeg, to_input
from copytrace.images.shards import is_shard
from copytrace.images.sources import list_images, list_together, source_address
from copytrace.images.thumbnail import Thumbnail, load_thumbnail

__all__ = [
    "EXTENSIONS",
    "MAX_BYTES",
    "MAX_PIXELS",
    "MAX_SIDE",
    "RAW_EXTENSIONS",
    "RESIZES",
    "Facts",
    "IdScheme",
    "ImageFile",
    "ImageList",
    "Input",
    "MemoryImage",
    "Picture",
    "PictureList",
    "Resize",
    "Source",
    "Thumbnail",
    "decode_image",
    "fit",
    "image_size",
    "is_shard",
    "list_images",
    "list_together",
    "load_image",
    "load_input",
    "load_thumbnail",
    "memory_image",
    "read_ahead",
    "read_facts",
    "source_address",
    "thumbnail_jpeg",
    "to_input",
]
