"""Published models of others: their cards, and where to get their weights. The weights do not ship."""

from copytrace.descriptors.published.cards import published_card, published_file, published_names

__all__ = ["published_card", "published_file", "published_names"]
