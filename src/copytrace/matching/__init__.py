"""Verification: whether a picture is a copy of another, how probable that is, and where it lies."""

from copytrace.matching.card import Card, Fitted, read_card, shipped_card
from copytrace.matching.explain import Explanation, explain
from copytrace.matching.features import Features, extract, mirrored
from copytrace.matching.fit_card import Bin, Known, brier_score, fit_card, held_out_log_ratios, reliability
from copytrace.matching.judged import Judged
from copytrace.matching.packing import LAYOUT, pack, unpack
from copytrace.matching.photometric import Agreement
from copytrace.matching.probability import DEFAULT_PRIOR, fit_ratio, probability
from copytrace.matching.retrieval import Retrieval, gap_to, retrievals
from copytrace.matching.rivals import outdone, region
from copytrace.matching.signals import RETRIEVAL_SIGNALS, SIGNALS, signals_of, signals_of_retrieval
from copytrace.matching.verdict import IDENTICAL, IN_WORDS, POSSIBLE, Judgement, Verdict, judge
from copytrace.matching.verdict_json import VERDICT_COLUMNS, likelihood_ratio, verdict_json
from copytrace.matching.verifier import Evidence, Subject, verify
from copytrace.matching.verifiers import VERIFIERS, Verifier
from copytrace.matching.voting import VoteIndex
from copytrace.matching.words import percent, reasons, sentence

__all__ = [
    "DEFAULT_PRIOR",
    "IDENTICAL",
    "IN_WORDS",
    "LAYOUT",
    "POSSIBLE",
    "RETRIEVAL_SIGNALS",
    "SIGNALS",
    "VERDICT_COLUMNS",
    "VERIFIERS",
    "Agreement",
    "Bin",
    "Card",
    "Evidence",
    "Explanation",
    "Features",
    "Fitted",
    "Judged",
    "Judgement",
    "Known",
    "Retrieval",
    "Subject",
    "Verdict",
    "Verifier",
    "VoteIndex",
    "brier_score",
    "explain",
    "extract",
    "fit_card",
    "fit_ratio",
    "gap_to",
    "held_out_log_ratios",
    "judge",
    "likelihood_ratio",
    "mirrored",
    "outdone",
    "pack",
    "percent",
    "probability",
    "read_card",
    "reasons",
    "region",
    "reliability",
    "retrievals",
    "sentence",
    "shipped_card",
    "signals_of",
    "signals_of_retrieval",
    "unpack",
    "verdict_json",
    "verify",
]
