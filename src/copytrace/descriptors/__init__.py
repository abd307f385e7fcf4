"""What turns an image into a vector."""

from copytrace.descriptors.descriptor import Card, Descriptor, Input
from copytrace.descriptors.registry import DEFAULT, DESCRIPTORS, descriptor_card, load_descriptor

__all__ = ["DEFAULT", "DESCRIPTORS", "Card", "Descriptor", "Input", "descriptor_card", "load_descriptor"]
