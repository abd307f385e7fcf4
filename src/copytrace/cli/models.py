"""`copytrace models`: what can turn an image into a vector here."""

from __future__ import annotations

from dataclasses import asdict

from copytrace.cli import terminal


def models(*, as_json: terminal.Json = False) -> None:
    """List the descriptors: what they are, and what they need."""
    from rich.table import Table

    from copytrace.descriptors import DEFAULT, DESCRIPTORS

    cards = [card for card, _ in DESCRIPTORS]
    if as_json:
        terminal.result_json(
            [asdict(card) | {"usable": card.usable, "default": card.name == DEFAULT} for card in cards]
        )
        return
    table = Table(
        "model", "dims", "a copy up to distance²", "licence", "usable here", box=None, pad_edge=False
    )
    for card in cards:
        name = f"[bold]{card.name}[/]" + (" (default)" if card.name == DEFAULT else "")
        state = "yes" if card.usable else f"pip install 'copytrace\\[{card.extra}]'"
        table.add_row(name, str(card.dims), f"{card.threshold:g}", card.licence, state)
    terminal.result(table)
    terminal.result("")
    for card in cards:
        terminal.result(f"{card.name}: {card.summary}. Threshold: {card.threshold_source}.")
