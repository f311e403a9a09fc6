"""How a person's words are read as a question."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.errors import PanaceaError
from panacea_policy.verification import MEANINGS, Form
from panacea_policy.verification.questions import MAX_LENGTH, Asked, read_question

READ = {
    "a.b can fire": Asked(Form.CAN_FIRE, ("a.b",)),
    "can a ever fire?": None,
    "can a fire?": Asked(Form.CAN_FIRE, ("a",)),
    "a can ever fire": Asked(Form.CAN_FIRE, ("a",)),
    "  a   never fires. ": Asked(Form.NEVER_FIRES, ("a",)),
    "a can never fire": Asked(Form.NEVER_FIRES, ("a",)),
    "a always fires": Asked(Form.ALWAYS_FIRES, ("a",)),
    "a implies b.c": Asked(Form.IMPLIES, ("a", "b.c")),
    "a is equivalent to b": Asked(Form.EQUALS, ("a", "b")),
    "a equal b": Asked(Form.EQUALS, ("a", "b")),
    "a is disjoint from b": Asked(Form.EXCLUDES, ("a", "b")),
    "role r can reach data_class d": Asked(Form.CAN_REACH, ("r", "d")),
    "can role r ever reach data_class d?": Asked(Form.CAN_REACH, ("r", "d")),
    "role r can never reach data_class d": Asked(Form.NEVER_REACHES, ("r", "d")),
    "access equals scenario s": Asked(Form.ACCESS_EQUALS, ("s",)),
    "access implies model ../other folder": None,
    "access implies model ../other": Asked(Form.ACCESS_IMPLIES_MODEL, ("../other",)),
}


@pytest.mark.parametrize(("text", "asked"), READ.items())
def test_words_are_read(text: str, asked: Asked | None) -> None:
    if asked is None:
        with pytest.raises(PanaceaError):
            read_question(text)
    else:
        assert read_question(text) == asked


def test_every_form_reads_itself_and_has_a_meaning() -> None:
    for form in Form:
        asked = read_question(form.value)
        assert asked.form is form
        assert str(asked) == form.value
        assert MEANINGS[form]


@pytest.mark.parametrize(
    ("text", "help"),
    [
        ("a nevr fires", "did you mean `a never fires`?"),
        ("a impies b", "did you mean `a implies b`?"),
        ("role r can reech data_class d", "did you mean `role r can reach data_class d`?"),
    ],
)
def test_a_slip_gets_the_question_that_was_meant(text: str, help: str) -> None:
    with pytest.raises(PanaceaError) as problem:
        read_question(text)
    assert problem.value.help == help


def test_anything_else_gets_the_forms() -> None:
    with pytest.raises(PanaceaError) as problem:
        read_question("why?")
    assert all(form.value in str(problem.value.help) for form in Form)


HOSTILE = [
    "",
    " \t\n",
    "?",
    "a" * 10_000_000,
    "a implies " * 40,
    "\x1b[31ma\x1b[0m never fires",
    "a\x00b can fire",
    "'; drop table rules; can fire",
    "a can fire\nb can fire",
    "é can fire",
    "a.b. can fire",
    "../../etc/passwd can fire",
    "$(reboot) never fires",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_questions_are_refused_in_short_and_printable_words(text: str) -> None:
    with pytest.raises(PanaceaError) as problem:
        read_question(text)
    assert len(problem.value.message) <= 160
    assert problem.value.message.isprintable()


@given(st.text(max_size=MAX_LENGTH))
def test_no_text_is_a_fault(text: str) -> None:
    try:
        asked = read_question(text)
    except PanaceaError:
        return
    assert read_question(str(asked)) == asked
