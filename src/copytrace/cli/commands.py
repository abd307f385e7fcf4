"""The verbs and a line of help for each, so that `copytrace --help` need not import them."""

from __future__ import annotations

from typing import NamedTuple


class Command(NamedTuple):
    """A verb, or a group of verbs such as `copytrace data`.

    Attributes:
        name: its name on the command line.
        module: the module of `copytrace.cli` that holds it.
        help: the first paragraph of its help. A test compares it with the real one.
        is_group: whether the module holds verbs of its own, in `COMMANDS`. A function named
            like the group runs if no verb is given.
    """

    name: str
    module: str
    help: str
    is_group: bool = False


class Section(NamedTuple):
    """Verbs that belong together.

    Attributes:
        title: its heading in `copytrace --help`.
        commands: the verbs, in the order a new user needs them.
    """

    title: str
    commands: tuple[Command, ...]


SECTIONS = (
    Section(
        "Find copies",
        (
            Command("find", "find", "Find which library images your images were copied from."),
            Command(
                "compare", "compare", "Check whether one image is a copy of another, and what was changed."
            ),
            Command(
                "duplicates",
                "duplicates",
                "Find copies within a collection; link, move or trash all but the best.",
            ),
            Command(
                "describe",
                "describe",
                "Describe images once, to search them many times. Resumes if interrupted.",
            ),
        ),
    ),
    Section(
        "Your library",
        (
            Command(
                "library",
                "library",
                "Keep a searchable library of images that changes every day.",
                is_group=True,
            ),
        ),
    ),
    Section(
        "Take part",
        (
            Command("data", "data", "Download, verify and publish the data of a challenge.", is_group=True),
            Command("pack", "pack", "Make a descriptor-track submission from two descriptor sets."),
            Command("check", "check", "Check a submission and list every problem."),
            Command(
                "login",
                "participant.login",
                "Log in to a challenge site. Prompts for the password, or reads $COPYTRACE_PASSWORD.",
            ),
            Command(
                "join",
                "participant.join",
                "Join a challenge: accept its rules, then create a team or accept an invitation.",
            ),
            Command(
                "submit",
                "participant.submit",
                "Submit a file to a challenge. Checks it locally first, then uploads it and waits for the score.",
            ),
            Command("submissions", "participant.boards", "List your team's submissions, latest first."),
            Command(
                "nominate",
                "participant.nominate",
                "Nominate a scored submission for the next phase. Its code and model are frozen.",
            ),
            Command("leaderboard", "participant.boards", "Show a leaderboard."),
        ),
    ),
    Section(
        "Host",
        (
            Command(
                "host",
                "host",
                "Run a challenge site: phases, uploads, a queue, leaderboards.",
                is_group=True,
            ),
        ),
    ),
    Section(
        "Evaluate",
        (
            Command("score", "score", "Score a submission to either track as the challenge does."),
            Command(
                "benchmark",
                "benchmark",
                "Make a benchmark from your own photographs. Resumes if interrupted.",
            ),
            Command("edit", "edit", "Apply the edits people make before re-sharing an image."),
            Command(
                "demo",
                "demo",
                "Make a small challenge from real photographs, and run every descriptor on it.",
            ),
        ),
    ),
    Section(
        "Models",
        (
            Command(
                "models",
                "models",
                "List descriptors, add published models, or convert your own.",
                is_group=True,
            ),
            Command(
                "fit-background",
                "fit_background",
                "Fit a background, which makes matching stricter for generic-looking images.",
            ),
            Command("fit-verdict", "fit_verdict", "Fit a model's probabilities to benchmarks."),
            Command("train", "train", "Train a descriptor on your own photographs. Resumes if interrupted."),
            Command(
                "train-inset",
                "train_inset",
                "Train the network that finds an image inside another one. Resumes if interrupted.",
            ),
            Command(
                "doctor", "doctor", "Check what this installation can do, and how to get what is missing."
            ),
        ),
    ),
)
"""Every verb, by purpose."""

COMMANDS = tuple(each for section in SECTIONS for each in section.commands if not each.is_group)
GROUPS = tuple(each for section in SECTIONS for each in section.commands if each.is_group)
