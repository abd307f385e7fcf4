"""Vision transformers (arXiv:2010.11929) built from state dicts of the DINO family: DINO, DINOv2, CopyNCE."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Mapping

HEAD_DIMS = 64
"""Dimensions of an attention head, in every size of these networks."""

_EPSILON = 1e-6
_OFFSET = 0.1
"""Added to a grid of patches before positions are interpolated, as DINO does to avoid rounding errors."""


class _Attention(nn.Module):
    def __init__(self, dims: int) -> None:
        super().__init__()
        self.qkv = nn.Linear(dims, 3 * dims)
        self.proj = nn.Linear(dims, dims)

    def forward(self, x: Tensor) -> Tensor:
        """(n, tokens, dims) to the same."""
        count, tokens, dims = x.shape
        split = self.qkv(x).reshape(count, tokens, 3, dims // HEAD_DIMS, HEAD_DIMS).permute(2, 0, 3, 1, 4)
        query, key, value = split[0], split[1], split[2]
        weights = torch.softmax(query * HEAD_DIMS**-0.5 @ key.transpose(-2, -1), dim=-1)
        projected: Tensor = self.proj((weights @ value).transpose(1, 2).reshape(count, tokens, dims))
        return projected


class _Scale(nn.Module):
    def __init__(self, dims: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(dims))

    def forward(self, x: Tensor) -> Tensor:
        """Each channel times its factor."""
        return x * self.gamma


class _Perceptron(nn.Module):
    def __init__(self, dims: int, inner: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(dims, inner)
        self.fc2 = nn.Linear(inner, dims)

    def forward(self, x: Tensor) -> Tensor:
        """Two layers, GELU between them."""
        out: Tensor = self.fc2(functional.gelu(self.fc1(x)))
        return out


class _Block(nn.Module):
    def __init__(self, dims: int, inner: int, *, scaled: bool) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(dims, _EPSILON), nn.LayerNorm(dims, _EPSILON)
        self.attn, self.mlp = _Attention(dims), _Perceptron(dims, inner)
        self.ls1, self.ls2 = (_Scale(dims) if scaled else nn.Identity() for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        """(n, tokens, dims) to the same."""
        x = x + self.ls1(self.attn(self.norm1(x)))
        out: Tensor = x + self.ls2(self.mlp(self.norm2(x)))
        return out


class _Patches(nn.Module):
    def __init__(self, dims: int, side: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, dims, side, side)

    def forward(self, x: Tensor) -> Tensor:
        """(n, 3, h, w) to (n, dims, rows, columns)."""
        out: Tensor = self.proj(x)
        return out


class Encoder(nn.Module):
    """The class token after the last block; the weights determine its shape.

    Args:
        weights: a state dict with DINO's names.
    """

    def __init__(self, weights: Mapping[str, Tensor]) -> None:
        super().__init__()
        dims, _, side, _ = weights["patch_embed.proj.weight"].shape
        depth = 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("blocks."))
        inner = len(weights["blocks.0.mlp.fc1.weight"])
        self.patch_embed = _Patches(dims, side)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, dims))
        self.pos_embed = nn.Parameter(torch.zeros_like(weights["pos_embed"]))
        scaled = "blocks.0.ls1.gamma" in weights
        self.blocks = nn.Sequential(*(_Block(dims, inner, scaled=scaled) for _ in range(depth)))
        self.norm = nn.LayerNorm(dims, _EPSILON) if "norm.weight" in weights else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """(n, 3, h, w) to (n, dims)."""
        patches = self.patch_embed(x)
        # Plain numbers, so that an exported network has the positions for its fixed size as constants.
        rows, columns = (int(side) for side in patches.shape[-2:])
        tokens = torch.cat((self.cls_token.expand(len(x), -1, -1), patches.flatten(2).transpose(1, 2)), dim=1)
        out: Tensor = self.norm(self.blocks(tokens + self._positions(rows, columns)))[:, 0]
        return out

    def _positions(self, rows: int, columns: int) -> Tensor:
        """The positions for a grid of patches, interpolated if the weights are for another grid."""
        first, grid = self.pos_embed[:, :1], self.pos_embed[:, 1:]
        side = int(grid.shape[1] ** 0.5)
        if (rows, columns) == (side, side):
            return self.pos_embed
        square = grid.reshape(1, side, side, -1).permute(0, 3, 1, 2)
        factors = ((rows + _OFFSET) / side, (columns + _OFFSET) / side)
        resized = functional.interpolate(square, scale_factor=factors, mode="bicubic")
        return torch.cat((first, resized.flatten(2).transpose(1, 2)), dim=1)


class CopyNce(nn.Module):
    """CopyNCE's descriptor: the class token through a matrix and a batch normalisation."""

    def __init__(self, weights: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.encoder = Encoder(below("encoder.", weights))
        outputs, inputs = weights["heads.linear_head.fc1.weight"].shape
        head = nn.ModuleDict({"fc1": nn.Linear(inputs, outputs, bias=False), "bn": nn.BatchNorm1d(outputs)})
        self.heads = nn.ModuleDict({"linear_head": head})

    def forward(self, x: Tensor) -> Tensor:
        """(n, 3, h, w) to (n, d)."""
        head = self.heads["linear_head"]
        out: Tensor = head["bn"](head["fc1"](self.encoder(x)))  # type: ignore[index]
        return out


def below(prefix: str, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights whose names start with a prefix, without it."""
    return {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}


def build_vit(weights: Mapping[str, Tensor]) -> nn.Module:
    """Build the network of a state dict: CopyNCE if it has that head, otherwise the encoder only.

    Raises:
        KeyError: the weights do not belong to such a network.
    """
    # The mask token for training is not part of the network that describes.
    used = {name: value for name, value in weights.items() if not name.endswith("mask_token")}
    network = CopyNce(used) if "heads.linear_head.fc1.weight" in used else Encoder(used)
    network.load_state_dict(used)
    return network
