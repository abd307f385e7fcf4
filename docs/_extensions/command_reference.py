"""The directive `commands`: the reference of verbs, made from what `copytrace VERB --help` reads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from typer.main import get_command

from copytrace.cli.app import load
from copytrace.cli.commands import COMMANDS, GROUPS
from copytrace.cli.help import parameters, read_help

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

_LOG = logging.getLogger(__name__)
_MARKUP = re.compile(r"\[b\](.*?)\[/b?\]|`(.*?)`|(?<![\w-])(--[a-z][a-z-]*)")
_VERBS = {command.name: command for command in (*COMMANDS, *GROUPS)}


class Commands(SphinxDirective):
    """Documents the verbs that it names, one section each, and every verb of a group."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """One section per verb."""
        names = " ".join(self.content).split()
        documented: set[str] = self.env.__dict__.setdefault("documented_verbs", set())
        documented.update(names)
        return [self._section(name) for name in names]

    def _section(self, name: str) -> nodes.section:
        if name not in _VERBS:
            raise self.error(f"copytrace has no verb '{name}'.")
        return self._describe(f"copytrace {name}", get_command(load(_VERBS[name])))

    def _describe(self, name: str, command: Any) -> nodes.section:  # noqa: ANN401 - typer has its own click
        context = command.context_class(command, info_name=name)
        section = nodes.section(ids=[nodes.make_id(name)], names=[nodes.fully_normalize_name(name)])
        section += nodes.title("", "", nodes.literal(text=name))
        text = read_help(command.help or "")
        section.extend(map(_paragraph, text.paragraphs))
        line = " ".join([name, *command.collect_usage_pieces(context)])
        section += nodes.literal_block(line, line, language="text")
        if text.examples:
            examples = "\n".join(text.examples)
            section += nodes.literal_block(examples, examples, language="sh")
        if rows := list(_parameters(command, context)):
            section += nodes.definition_list("", *rows)
        self.state.document.note_explicit_target(section)
        verbs: Mapping[str, Any] = getattr(command, "commands", {})
        section.extend(self._describe(f"{name} {verb}", inner) for verb, inner in verbs.items())
        return section


def _parameters(command: Any, context: Any) -> Iterator[nodes.definition_list_item]:  # noqa: ANN401
    for written, about in parameters(command, context, "argument") + parameters(command, context, "option"):
        if "--help" not in written:
            term = nodes.term("", "", nodes.literal(text=written))
            yield nodes.definition_list_item("", term, nodes.definition("", _paragraph(about)))


def _paragraph(text: str) -> nodes.paragraph:
    return nodes.paragraph("", "", *inline(text))


def inline(text: str) -> Iterator[nodes.Node]:
    """Help texts mark choices as bold for the terminal, and commands as code; options are code too."""
    end = 0
    for marked in _MARKUP.finditer(text):
        yield nodes.Text(text[end : marked.start()])
        yield nodes.literal(text=marked[1] or marked[2] or marked[3])
        end = marked.end()
    yield nodes.Text(text[end:])


def _check_all_are_documented(_app: Sphinx, env: BuildEnvironment) -> None:
    documented: set[str] = env.__dict__.get("documented_verbs", set())
    for name in sorted(_VERBS.keys() - documented):
        _LOG.warning("No page documents `copytrace %s`: add it to one in docs/commands.", name)


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.add_directive("commands", Commands)
    app.connect("env-check-consistency", _check_all_are_documented)
    return {"parallel_read_safe": False}
