"""Words to write over images, in the scripts that the fonts cover."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

LONGEST_TEXT = 200

WORDS: dict[str, str] = {
    "latin": (
        "when you finally get it so true me every monday morning nobody wait for the end best day ever "
        "follow share if agree breaking news only today free how it started no way this is fine "
        "top 10 moments"
    ),
    "latin-accents": (
        "déjà vu très bien mañana corazón über schön fußball più città ação não días niño été où là "
        "łódź źródło żółw čaj říká şimdi güzel önce tối nay việt nam"
    ),
    "greek": "καλημέρα σήμερα όλοι μαζί ποτέ ξανά θάλασσα ήλιος νέα φωτογραφία δωρεάν τέλος αλήθεια",
    "cyrillic": (
        "когда ты понял доброе утро срочно новости лучший день смотри это правда всем привет конец весна дома"
    ),
    "armenian": "բարև ձեզ այսօր լավ օր նոր լուսանկար միասին միշտ արև տուն",
    "georgian": "დილა მშვიდობისა დღეს ახალი ფოტო ერთად ყოველთვის მზე სახლი კარგი",
    "hebrew": "שלום לכולם בוקר טוב היום חדש תמונה ביחד תמיד שמש בית",
}

# Most text on shared pictures is Latin, but every script must occur.
_LATIN_SHARE = 0.5


def random_words(rng: np.random.Generator, most: int) -> str:
    """One to `most` words of one script; in capitals a third of the time, if the script has them.

    >>> import numpy as np
    >>> random_words(np.random.default_rng(1), 4) == random_words(np.random.default_rng(1), 4)
    True
    """
    scripts = list(WORDS)
    script = "latin" if rng.random() < _LATIN_SHARE else scripts[int(rng.integers(len(scripts)))]
    words = WORDS[script].split()
    count = int(rng.integers(1, most + 1))
    start = int(rng.integers(len(words)))
    text = " ".join(words[(start + i) % len(words)] for i in range(count))
    # Georgian capitals exist in Unicode but not in the fonts.
    shouted = int(rng.integers(3)) == 0 and script != "georgian"
    return text.upper() if shouted else text
