"""Verification: whether a picture is a copy of another one, how probable that is, and where it lies."""

from copytrace.matching.explain import Explanation, explain
from copytrace.matching.features import Features, extract, mirrored
from copytrace.matching.packing import LAYOUT, pack, unpack
from copytrace.matching.photometric import Agreement
from copytrace.matching.probability import DEFAULT_PRIOR, fit_ratio, probability
from copytrace.matching.signals import SIGNALS, signals_of
from copytrace.matching.verdict import IDENTICAL, IN_WORDS, Card, Judgement, Verdict, judge
from copytrace.matching.verifier import Evidence, Subject, verify

__all__ = [
    "DEFAULT_PRIOR",
    "IDENTICAL",
    "IN_WORDS",
    "LAYOUT",
    "SIGNALS",
    "Agreement",
    "Card",
    "Evidence",
    "Explanation",
    "Features",
    "Judgement",
    "Subject",
    "Verdict",
    "explain",
    "extract",
    "fit_ratio",
    "judge",
    "mirrored",
    "pack",
    "probability",
    "signals_of",
    "unpack",
    "verify",
]
