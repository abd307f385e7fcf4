"""The network of the winner of the 2021 challenge's descriptor track (arXiv:2112.04323), built from its state dict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from copytrace.errors import MissingDependencyError

if TYPE_CHECKING:
    from collections.abc import Mapping

TRUNK = "tf_efficientnetv2_m"


class Isc21(nn.Module):
    """The mean of a trunk's last features, a matrix without bias, and a batch normalisation.

    Args:
        trunk: returns a list of (n, channels, h, w) features, of which only the last is used.
        weights: a state dict with `fc.weight` (d, channels).
    """

    def __init__(self, trunk: nn.Module, weights: Mapping[str, Tensor]) -> None:
        super().__init__()
        dims, channels = weights["fc.weight"].shape
        self.backbone = trunk
        self.fc = nn.Linear(channels, dims, bias=False)
        self.bn = nn.BatchNorm1d(dims)

    def forward(self, x: Tensor) -> Tensor:
        """(n, 3, h, w) to (n, d)."""
        # The authors' generalised mean with power 1, which limits the features from below.
        features = self.backbone(x)[-1].clamp(min=1e-6).mean(dim=(2, 3))
        out: Tensor = self.bn(self.fc(features))
        return out


def build_isc21(weights: Mapping[str, Tensor]) -> nn.Module:
    """Build the network of a state dict.

    Raises:
        KeyError: the weights do not belong to such a network.
        MissingDependencyError: timm, which defines the trunk, is not installed.
    """
    try:
        import timm
    except ImportError as error:
        raise MissingDependencyError(
            "This network's trunk is defined by the library timm, which is not installed: pip install timm"
        ) from error
    network = Isc21(timm.create_model(TRUNK, features_only=True), weights)
    network.load_state_dict(dict(weights))
    return network
