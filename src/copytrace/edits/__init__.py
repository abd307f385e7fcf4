"""Edits that people apply to images, one manipulation per file; drawn once, recorded, replayable."""

from copytrace.edits.aliases import OTHER, Recognised, recognise
from copytrace.edits.chain import draw_chain
from copytrace.edits.compose import HELD_OUT, MIXES, Mix, draw_recipe
from copytrace.edits.edit import Edit, Edited
from copytrace.edits.pixels import as_pixels
from copytrace.edits.query import LEAST_VISIBLE, DrawnQuery, draw_query
from copytrace.edits.recipe import Recipe, Replayed, Step, environment, replay
from copytrace.edits.registry import EDITS, by_name, find_edit
from copytrace.edits.sheet import contact_sheet
from copytrace.edits.supplies import DRAWN, Album, Supplies

__all__ = [
    "DRAWN",
    "EDITS",
    "HELD_OUT",
    "LEAST_VISIBLE",
    "MIXES",
    "OTHER",
    "Album",
    "DrawnQuery",
    "Edit",
    "Edited",
    "Mix",
    "Recipe",
    "Recognised",
    "Replayed",
    "Step",
    "Supplies",
    "as_pixels",
    "by_name",
    "contact_sheet",
    "draw_chain",
    "draw_query",
    "draw_recipe",
    "environment",
    "find_edit",
    "recognise",
    "replay",
]
