from __future__ import annotations

from copytrace import images


def test_the_table_of_contents_is_true_and_sorted() -> None:
    assert all(hasattr(images, name) for name in images.__all__)
    assert images.__all__ == sorted(
        images.__all__, key=lambda name: (not name.isupper(), name[0].islower(), name)
    )
