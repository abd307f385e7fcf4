"""Writes a trained network as a model: `model.onnx`, `card.yaml`, `background.npz`, and a page about it."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from copytrace.descriptors import write_background
from copytrace.descriptors.fitting import FALSE_ALARMS
from copytrace.descriptors.inset import INSET_FILE
from copytrace.documents import to_yaml
from copytrace.files import whole_file
from copytrace.training.calibrate import Calibrated, Quality, calibrate
from copytrace.training.companion import LICENCE_FILE, card_fields
from copytrace.training.onnx_file import onnx_bytes
from copytrace.training.run import split_photos

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.progress import Progress
    from copytrace.training.companion import Companion
    from copytrace.training.learner import Learner
    from copytrace.training.photos import Photos
    from copytrace.training.recipe import TrainingRecipe


@dataclass(frozen=True)
class Naming:
    """A model's name and terms.

    Attributes:
        name: letters, digits, . _ -
        licence: its licence, including that of its sources.
        origin: who made it, and from what.
    """

    name: str
    licence: str
    origin: str


def export(
    learner: Learner,
    photos: Photos,
    folder: Path,
    naming: Naming,
    *,
    companion: Companion | None,
    progress: Progress,
) -> Calibrated:
    """Calibrate a network and write it as a model folder for `--model FOLDER`.

    Args:
        learner: the trained network.
        photos: the photographs it was trained on, also used for fitting.
        folder: the folder to write, created if needed.
        naming: the model's name and terms.
        companion: finds the part of a picture to describe, and is added to the folder; None for whole pictures.
        progress: reports progress.
    """
    qualities = _qualities(learner.recipe, companion)
    split = split_photos(len(photos), learner.recipe.seed)
    calibrated = calibrate(learner.average, photos, split, qualities, learner.recipe, progress=progress)
    model = onnx_bytes(
        calibrated.network, {"name": naming.name, "licence": naming.licence, "origin": naming.origin}
    )
    card = _card(calibrated, qualities, naming, hashlib.sha256(model).hexdigest(), learner)
    files = {"model.onnx": model, "README.md": _page(calibrated, naming, companion, learner)}
    if companion is not None:
        files |= companion.files
    folder.mkdir(parents=True, exist_ok=True)
    for earlier in (INSET_FILE, LICENCE_FILE):
        (folder / earlier).unlink(missing_ok=True)
    write_background(folder / "background.npz", calibrated.background)
    for name, data in (files | {"card.yaml": to_yaml(card).encode()}).items():
        with whole_file(folder / name) as path:
            path.write_bytes(data)
    return calibrated


def described_sides(recipe: TrainingRecipe) -> set[int]:
    """Sides of the pictures that a model of this recipe describes, in pixels."""
    return {quality.side for quality in _qualities(recipe, None).values()}


def _qualities(recipe: TrainingRecipe, companion: Companion | None) -> dict[str, Quality]:
    """`default` as in the recipe, `best` with the mirror image too, `fast` with whole or smaller pictures.

    A network does badly on pictures smaller than those it was trained on, and gains nothing from larger ones.
    """
    least, side = min(side for _, side in recipe.sizes), recipe.default_side
    if companion is not None:
        default, best = Quality(side, companion=companion), Quality(side, mirrored=True, companion=companion)
        return {"fast": Quality(side), "default": default, "best": best}
    qualities = {"default": Quality(side), "best": Quality(side, mirrored=True)}
    return {"fast": Quality(least), **qualities} if least < side else qualities


def _card(
    calibrated: Calibrated, qualities: dict[str, Quality], naming: Naming, digest: str, learner: Learner
) -> dict[str, Any]:
    how = calibrated.background.normalisation
    variations = {
        name: _input(quality)
        | {
            "views": ["plain", "mirrored"] if quality.mirrored else ["plain"],
            "threshold": round(calibrated.qualities[name].threshold, 4),
        }
        for name, quality in qualities.items()
    }
    default = variations.pop("default")
    changes = {
        name: {key: value for key, value in variation.items() if value != default[key]}
        for name, variation in variations.items()
    }
    return {
        "name": naming.name,
        "summary": f"{learner.recipe.network}, {learner.recipe.dims} dimensions and a score normalisation",
        "dims": learner.recipe.dims,
        **default,
        "threshold_source": f"{FALSE_ALARMS:.0%} of validation queries are this close to an unrelated picture",
        "mean": [0.5, 0.5, 0.5],
        "std": [0.5, 0.5, 0.5],
        "normalisation": asdict(how) | {"most": how.most and round(how.most, 4)},
        "qualities": changes,
        "licence": naming.licence,
        "origin": naming.origin,
        "sha256": digest,
    }


def _input(quality: Quality) -> dict[str, Any]:
    """The card's input fields of a quality."""
    if quality.companion is not None:
        return card_fields(quality.companion.inset)
    return {"input": {"width": quality.side, "height": quality.side}, "inset": None}


def _page(calibrated: Calibrated, naming: Naming, companion: Companion | None, learner: Learner) -> bytes:
    """A page about the model: what it is, how it was made, and its validation results."""
    rows = [
        " | ".join(
            [f"| {name}", *(f"{figure:.3f}" for figure in (*judged.figures, judged.raw.micro_ap)), ""]
        ).strip()
        for name, judged in calibrated.qualities.items()
    ]
    parts = (
        "The whole picture is described."
        if companion is None
        else f"If {INSET_FILE} finds a picture inside the picture, that part is described."
    )
    recipe = "\n".join(f"    {name}: {value}" for name, value in learner.recipe.to_json().items())
    return f"""# {naming.name}

{naming.origin}

Licence: {naming.licence}

Trained for {learner.step:,} steps ({learner.seconds / 60:.0f} minutes of training) by `copytrace train`. {parts}
On the validation benchmark, made from held-out photographs with all of copytrace's edits:

| quality | micro-AP | recall@P90 | recall@1 | micro-AP without score normalisation |
|---|---|---|---|---|
{chr(10).join(rows)}

Whitening: {calibrated.fit}. The recipe:

{recipe}
""".encode()
