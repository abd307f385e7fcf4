"""How Sphinx builds the documentation site; see `make docs`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pygments.lexers.special import TextLexer
from sphinx.domains.python import PyObject

import copytrace

if TYPE_CHECKING:
    from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

project = "copytrace"
version = release = copytrace.__version__
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "accessible_pages",
    "command_reference",
    "flowcharts",
    "repository_pages",
    "verified_match",
]

myst_enable_extensions = ["colon_fence"]
myst_fence_as_directive = ["mermaid"]
myst_heading_anchors = 4
# The notebook is kept without outputs; a cell that fails fails the build.
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 300
# Some pages skip a heading level, so that they read well on a code host too.
suppress_warnings = ["myst.header"]

# Docstrings mark code with `single backticks`, as Markdown does.
default_role = "code"
autodoc_member_order = "groupwise"
autodoc_typehints_format = "short"
add_module_names = False
# Attributes are listed in the docstring of their class.
napoleon_use_ivar = True

html_theme = "furo"
html_title = f"copytrace {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False


def _skip_undescribed_fields(*event: Any) -> bool | None:  # noqa: ANN401 - Sphinx's own signature
    """Leave out fields of named tuples that have only the description that Python generates."""
    member = event[3]
    return True if (member.__doc__ or "").startswith("Alias for field number") else None


def _call_attributes_so() -> None:
    """Head the attributes of a class with "Attributes"; Sphinx heads them with "Variables"."""
    for kind in PyObject.doc_field_types:
        if kind.name == "variable":
            kind.label = "Attributes"


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    _call_attributes_so()
    app.add_lexer("csv", TextLexer)
    app.connect("autodoc-skip-member", _skip_undescribed_fields)
