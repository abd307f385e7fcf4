"""The verbs by name, with a line of help each: what `copytrace --help` shows without importing any of them."""

from __future__ import annotations

from typing import NamedTuple


class Command(NamedTuple):
    """A verb, or a group of verbs such as `copytrace data`.

    Attributes:
        name: what is typed.
        module: the module of `copytrace.cli` that holds it.
        help: the first paragraph of its help. A test compares it with the real one.
    """

    name: str
    module: str
    help: str


COMMANDS = (
    Command(
        "describe",
        "describe",
        "Describe images: a vector for each, in one file. Resumes if interrupted; refreshes an earlier set.",
    ),
    Command(
        "find",
        "find",
        "Find the references that queries derive from; for a single image, say whether it is a copy.",
    ),
    Command(
        "compare",
        "compare",
        "Tell whether one picture is a copy of another, how probable that is, and what was done to it.",
    ),
    Command(
        "duplicates",
        "duplicates",
        "Find pictures that are copies of one another; link, move or trash all but the best.",
    ),
    Command(
        "pack",
        "pack",
        "Make a submission of the descriptor track from the descriptor sets of queries and references.",
    ),
    Command(
        "check",
        "check",
        "Check a submission, and name all that is to be corrected (exit code 2 if anything is).",
    ),
    Command("score", "score", "Score a submission of either track as the challenge does."),
    Command("edit", "edit", "Edit an image as people do who pass copies on, and record how."),
    Command(
        "benchmark",
        "benchmark",
        "Make a benchmark from photographs: references, edited queries, truth and recipe. "
        "Resumes if interrupted.",
    ),
    Command(
        "fit-verdict",
        "fit_verdict",
        "Fit the probability that a pair is a copy to a model's candidates, and show how well it holds.",
    ),
    Command(
        "fit-background",
        "fit_background",
        "Fit a background, which makes matching stricter for generic-looking pictures.",
    ),
    Command(
        "train",
        "train",
        "Train a descriptor on photographs, and write it as a model. "
        "Interrupted, it goes on from its last checkpoint.",
    ),
    Command(
        "train-inset",
        "train_inset",
        "Train the network that finds a picture inside another. "
        "Interrupted, it goes on from its last checkpoint.",
    ),
    Command("demo", "demo", "Make a small challenge from real photographs, and run every descriptor on it."),
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
)

GROUPS = (
    Command(
        "data",
        "data",
        "Get the data of a challenge, check it, and make manifests for those who give it out.",
    ),
    Command("host", "host", "Run a challenge site: phases, uploads, a queue, leaderboards."),
    Command(
        "library",
        "library",
        "Keep a library of images that changes every day, and look up images in it.",
    ),
    Command("models", "models", "List the descriptors; add published models, or networks of your own."),
)
"""Their modules hold verbs of their own: `COMMANDS`. A function of the group's name runs if none of them is given."""
