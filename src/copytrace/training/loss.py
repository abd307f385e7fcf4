"""The loss: distinguish each photograph's views from everything else, and spread the vectors out.

Sources: A. van den Oord et al. (InfoNCE), arXiv:1807.03748; X. Wang et al. (cross-batch memory), arXiv:1912.06798;
A. Sablayrolles et al. (KoLeo), arXiv:1806.03198; E. Pizzi et al. (SSCD, which combines them), arXiv:2202.10261.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

_FAR = -1e4
"""A logit that does not count."""


class Losses(NamedTuple):
    """The parts of the loss.

    Attributes:
        contrast: InfoNCE over all views.
        spread: KoLeo, low if the nearest vector of another photograph is far away.
        right: share of views whose nearest vector is the other view of the same photograph.
    """

    contrast: Tensor
    spread: Tensor
    right: Tensor


def losses(vectors: Tensor, photos: Tensor, memory: Tensor, remembered: Tensor, temperature: float) -> Losses:
    """Compute the loss of a batch of views.

    Args:
        vectors: (2b, d) of length 1: b views, then the other b views of the same photographs.
        photos: (b,) the photographs' numbers.
        memory: (k, d) vectors of earlier batches; k may be 0.
        remembered: (k,) their photographs' numbers.
        temperature: temperature of the softmax.
    """
    owner = torch.cat((photos, photos))
    others = torch.cat((vectors, memory))
    similar = vectors @ others.T
    same = owner[:, None] == torch.cat((owner, remembered))[None, :]
    count = len(photos)
    partner = torch.arange(2 * count, device=vectors.device).roll(count)
    strangers = similar.masked_fill(same, _FAR)
    logits = torch.cat((similar.gather(1, partner[:, None]), strangers), dim=1) / temperature
    nearest = strangers.max(dim=1).values
    spread = -torch.log(torch.sqrt((2 - 2 * nearest).clamp(min=1e-6))).mean()
    right = (logits[:, 0] >= logits[:, 1:].max(dim=1).values).float().mean()
    target = torch.zeros(len(logits), dtype=torch.long, device=logits.device)
    return Losses(functional.cross_entropy(logits, target), spread, right.detach())


def relational_loss(vectors: Tensor, photos: Tensor, taught: Tensor) -> Tensor:
    """How much the distances between views differ from a teacher's distances between their photographs.

    Distances are relative to their mean, so teacher and student may have different dimensions and scales (W. Park et
    al., "Relational knowledge distillation", arXiv:1904.05068).

    Args:
        vectors: (2b, d), as in `losses`.
        photos: (b,) the photographs' numbers.
        taught: (b, D) the teacher's vectors of the photographs.
    """
    owner = torch.cat((photos, photos))
    apart = owner[:, None] != owner[None, :]
    student, teacher = (torch.cdist(each, each)[apart] for each in (vectors, torch.cat((taught, taught))))
    return functional.smooth_l1_loss(student / student.mean(), teacher / teacher.mean())


class Memory:
    """The vectors of the latest batches, as additional photographs to distinguish (cross-batch memory)."""

    def __init__(self, size: int, dims: int) -> None:
        self.vectors = torch.empty(0, dims)
        self.photos = torch.empty(0, dtype=torch.long)
        self._size = size

    def add(self, vectors: Tensor, photos: Tensor) -> None:
        """Remember (b, d) vectors of (b,) photographs, and forget the oldest."""
        self.vectors = torch.cat((self.vectors, vectors.detach()))[-self._size or len(vectors) :]
        self.photos = torch.cat((self.photos, photos))[-self._size or len(photos) :]
        if not self._size:
            self.vectors, self.photos = self.vectors[:0], self.photos[:0]
