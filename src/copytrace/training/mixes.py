"""How edited views are drawn for training: milder than a benchmark's hardest, and more often small in a larger picture.

A network learns little from copies of which almost nothing is left, and sees too few that are shown inside another
picture, a collage or a screenshot unless they are asked for.
"""

from __future__ import annotations

from copytrace.edits.compose import Mix

TRAINING_MIXES: tuple[Mix, ...] = (
    Mix(
        "light", 0.25, (1, 2), (0.1, 0.5),
        {"geometry": 3, "colour": 3, "quality": 3, "overlay": 3, "frame": 1, "composite": 0.5, "artistic": 0.3},
    ),
    Mix(
        "medium", 0.4, (2, 4), (0.2, 0.65),
        {
            "geometry": 4, "colour": 3, "quality": 3, "overlay": 3,
            "frame": 1.5, "composite": 1, "warp": 0.6, "artistic": 0.4,
        },
    ),
    Mix(
        "inside", 0.2, (1, 4), (0.15, 0.6),
        {"geometry": 2, "colour": 3, "quality": 2, "overlay": 1},
        always=(("onto", "collage", "phone", "browser", "screen-photo"),),
    ),
    Mix(
        "hard", 0.15, (3, 5), (0.4, 0.75),
        {"geometry": 3, "colour": 3, "quality": 3, "overlay": 3, "frame": 1, "composite": 1, "warp": 0.6},
        always=(("crop", "onto", "overlay"),),
    ),
)  # fmt: skip
