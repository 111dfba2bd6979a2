"""The wizard without a cursor: numbers and lines."""

from __future__ import annotations

import io

import pytest

from migrate.wizard import NumberedAsker, Option

OPTIONS = (Option("accept", "accept all"), Option("skip", "decide later"))


def asked(typed: str) -> tuple[NumberedAsker, io.StringIO]:
    said = io.StringIO()
    return NumberedAsker(io.StringIO(typed), said), said


@pytest.mark.parametrize(
    ("typed", "value"), [("1\n", "accept"), ("2\n", "skip"), ("\n", "skip"), ("7\nx\n1\n", "accept")]
)
def test_an_option_is_chosen_by_its_number_and_an_empty_line_takes_the_default(typed: str, value: str) -> None:
    asker, _ = asked(typed)
    assert asker.choose("10-base:", OPTIONS, "skip") == value


def test_the_options_are_told_with_their_numbers_and_a_wrong_number_is_refused() -> None:
    asker, said = asked("3\n2\n")
    asker.choose("10-base:", OPTIONS, "accept")
    assert said.getvalue() == (
        "10-base:\n   1 accept all\n   2 decide later\nNumber [1]: a number from 1 to 2\nNumber [1]: "
    )


def test_a_faulty_text_is_asked_for_again() -> None:
    asker, said = asked("12\n150\n")
    assert asker.enter("phase:", "110", lambda text: "" if len(text) == 3 else "three digits") == "150"
    assert "three digits" in said.getvalue()


def test_the_end_of_the_input_is_like_ctrl_c() -> None:
    with pytest.raises(KeyboardInterrupt):
        asked("")[0].choose("10-base:", OPTIONS, "accept")
