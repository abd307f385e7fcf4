"""The preview in a camera's RAW file: a JPEG that the camera developed. Needs the extra `formats`."""

from __future__ import annotations

from io import BytesIO

from PIL import UnidentifiedImageError

from copytrace.images.formats import RAW_EXTENSIONS, READS_RAW, UNMISTAKABLE, ending_of, format_of


def is_raw(name: str, data: bytes) -> bool:
    """Whether a file is read as RAW. Most RAW files start like TIFF, so the name decides.

    Args:
        name: of the file.
        data: its first bytes, or all of them.
    """
    return READS_RAW and ending_of(name) in RAW_EXTENSIONS and format_of(data) not in UNMISTAKABLE


def raw_preview(data: bytes) -> bytes:
    """The largest preview as a JPEG file, with the orientation of the RAW file in its EXIF data.

    Args:
        data: the whole file.

    Raises:
        UnidentifiedImageError: LibRaw cannot read the file, or finds no JPEG in it.
    """
    import rawpy

    try:
        with rawpy.imread(BytesIO(data)) as file:
            preview = file.extract_thumb()
    except rawpy.LibRawError as error:
        raise UnidentifiedImageError(str(error)) from error
    if preview.format != rawpy.ThumbFormat.JPEG:
        raise UnidentifiedImageError("no JPEG preview")
    return bytes(preview.data)
