"""Descriptors turn an image into a vector."""

from copytrace.descriptors.background import Background, Normalisation, Projection
from copytrace.descriptors.background_file import quantised, read_background, write_background
from copytrace.descriptors.card_file import read_card
from copytrace.descriptors.descriptor import DEFAULT_QUALITY, Card, Descriptor
from copytrace.descriptors.device import Device, NoGpuError
from copytrace.descriptors.model import Choice, Model, kept_model, load_model
from copytrace.descriptors.network import QUALITIES, NetworkCard
from copytrace.descriptors.onnx import OnnxDescriptor, open_network
from copytrace.descriptors.registry import DEFAULT, DESCRIPTORS, descriptor_card, load_descriptor

__all__ = [
    "DEFAULT",
    "DEFAULT_QUALITY",
    "DESCRIPTORS",
    "QUALITIES",
    "Background",
    "Card",
    "Choice",
    "Descriptor",
    "Device",
    "Model",
    "NetworkCard",
    "NoGpuError",
    "Normalisation",
    "OnnxDescriptor",
    "Projection",
    "descriptor_card",
    "kept_model",
    "load_descriptor",
    "load_model",
    "open_network",
    "quantised",
    "read_background",
    "read_card",
    "write_background",
]
