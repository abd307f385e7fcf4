"""The tutorial notebook runs from top to bottom and shows what it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from nbclient import NotebookClient

if TYPE_CHECKING:
    from nbformat import NotebookNode

NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebook.ipynb"


@pytest.fixture(scope="module")
def notebook() -> NotebookNode:
    """The notebook with its outputs."""
    read = nbformat.read(NOTEBOOK, as_version=4)
    return NotebookClient(read, timeout=300, kernel_name="python3").execute()


def outputs(notebook: NotebookNode, name: str) -> list[NotebookNode]:
    """What a cell showed; the cell is known by the name with which its last line begins."""
    (cell,) = [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code" and re.split(r"[(,]", cell.source.splitlines()[-1])[0] == name
    ]
    return [output.data for output in cell.outputs]


def test_the_notebook_finds_the_copy_that_it_makes(notebook: NotebookNode) -> None:
    (best,) = outputs(notebook, "best.reference_id")
    assert best["text/plain"].startswith("('coffee.png',\n 0.99")
    (table,) = outputs(notebook, "found.to_pandas")
    assert table["text/html"].count("<tr") == 5
    (shape,) = outputs(notebook, "described.vectors.shape")
    assert shape["text/plain"] == "(4, 255)"


def test_the_notebook_shows_pictures(notebook: NotebookNode) -> None:
    (suspect,) = outputs(notebook, "suspect")
    assert "image/jpeg" in suspect
    (compared,) = outputs(notebook, "copytrace.compare")
    assert "data:image/jpeg;base64," in compared["text/html"]


def test_progress_bars_are_those_of_the_notebook(notebook: NotebookNode) -> None:
    *bars, found = outputs(notebook, "found")
    assert "1 likely copy among 4 pairs of 1 query and 4 references" in found["text/html"]
    assert any('<progress value="4" max="4"></progress>' in bar["text/html"] for bar in bars)


def test_the_notebook_is_kept_without_outputs() -> None:
    assert all(not cell.get("outputs") for cell in nbformat.read(NOTEBOOK, as_version=4).cells)
