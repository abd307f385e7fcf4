"""Geometry: how the pixels of one picture map to another, and how much of it they show."""

from copytrace.geometry.chain import Chain, chained
from copytrace.geometry.field import Field
from copytrace.geometry.homography import between_scaled, corners, inverse, project
from copytrace.geometry.mapping import Mapping, Size, inside
from copytrace.geometry.projective import Projective, placed, unmoved
from copytrace.geometry.shares import Visible, visible

__all__ = [
    "Chain",
    "Field",
    "Mapping",
    "Projective",
    "Size",
    "Visible",
    "between_scaled",
    "chained",
    "corners",
    "inside",
    "inverse",
    "placed",
    "project",
    "unmoved",
    "visible",
]
