"""Models that others have published: their cards, and where their weights lie. The weights do not ship."""

from copytrace.descriptors.published.cards import published_card, published_file, published_names

__all__ = ["published_card", "published_file", "published_names"]
