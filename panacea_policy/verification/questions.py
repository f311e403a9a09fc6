"""The questions that can be asked, and how a person's words are read as one of them."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from panacea_policy.errors import PanaceaError
from panacea_policy.language import suggest

#: No question is longer; a text of megabytes is none.
MAX_LENGTH = 500


class Form(enum.Enum):
    """What is asked. The value is the question as a person writes it."""

    CAN_FIRE = "RULE can fire"
    NEVER_FIRES = "RULE never fires"
    ALWAYS_FIRES = "RULE always fires"
    IMPLIES = "RULE implies RULE"
    EQUALS = "RULE equals RULE"
    EXCLUDES = "RULE excludes RULE"
    CAN_REACH = "role ROLE can reach data_class CLASS"
    NEVER_REACHES = "role ROLE never reaches data_class CLASS"
    ACCESS_EQUALS = "access equals scenario SCENARIO"
    ACCESS_IMPLIES = "access implies scenario SCENARIO"
    ACCESS_EQUALS_MODEL = "access equals model FOLDER"
    ACCESS_IMPLIES_MODEL = "access implies model FOLDER"


#: The words of a form that stand for names.
_PLACES = re.compile(r"\b(?:RULE|ROLE|CLASS|SCENARIO|FOLDER)\b")

#: What each form says, for help texts and the documentation.
MEANINGS: dict[Form, str] = {
    Form.CAN_FIRE: "some model violates the rule",
    Form.NEVER_FIRES: "no model violates the rule",
    Form.ALWAYS_FIRES: "wherever the rule applies it is not met: no model can satisfy it",
    Form.IMPLIES: "whatever violates the first rule violates the second",
    Form.EQUALS: "the two rules are violated by the same subjects, in every model",
    Form.EXCLUDES: "nothing violates both rules at once",
    Form.CAN_REACH: "under some conditions the grants let the role reach data of the class",
    Form.NEVER_REACHES: "under no conditions do they",
    Form.ACCESS_EQUALS: "model and scenario permit the same, under all conditions",
    Form.ACCESS_IMPLIES: "the scenario permits whatever the model permits",
    Form.ACCESS_EQUALS_MODEL: "model and the model of that folder permit the same",
    Form.ACCESS_IMPLIES_MODEL: "the model of that folder permits whatever this one permits",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was understood: its form and the names in it."""

    form: Form
    names: tuple[str, ...]

    def __str__(self) -> str:
        plain = _PLACES.split(self.form.value)
        return "".join(each for pair in zip(plain, (*self.names, ""), strict=True) for each in pair)


#: Other ways of saying the same words.
_SAME = (
    (re.compile(r"^can (\S+) (fire|happen)$"), r"\1 can fire"),
    (re.compile(r"^can (?:a |the )?role (\S+)(?: ever)? reach "), r"role \1 can reach "),
    (re.compile(r"(?<= )can ever (?=fire$|reach )"), "can "),
    (re.compile(r"(?<= )(can|does) never fire$"), "never fires"),
    (re.compile(r"(?<= )can never reach (?=data_class )"), "never reaches "),
    (re.compile(r"(?<= )(equal|is equivalent to|equivalent to|equivalent)(?= )"), "equals"),
    (re.compile(r"(?<= )(is disjoint from|disjoint from|disjoint)(?= )"), "excludes"),
)
_NAME = r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*"


def _pattern(form: Form) -> re.Pattern[str]:
    """The form as a regular expression: each word in capitals is a name."""
    return re.compile(
        _PLACES.sub(lambda place: r"(\S+)" if place[0] == "FOLDER" else f"({_NAME})", form.value)
    )


_PATTERNS = [(form, _pattern(form)) for form in Form]


def read_question(text: str) -> Asked:
    """The question that a text asks. Raises PanaceaError, with the forms there are, for anything else."""
    if len(text) > MAX_LENGTH:
        raise PanaceaError(
            f"the question is longer than {MAX_LENGTH} characters", "ask one question at a time"
        )
    said = " ".join(text.split()).rstrip("?.").strip()
    if not said:
        raise PanaceaError("the question is empty", f"ask something such as `{Form.CAN_FIRE.value}`")
    for pattern, plain in _SAME:
        said = pattern.sub(plain, said)
    for form, pattern in _PATTERNS:
        if match := pattern.fullmatch(said):
            return Asked(form, match.groups())
    raise PanaceaError(f"`{_shortened(text)}` is no question that can be proved", _hint(said))


def _hint(said: str) -> str:
    """The form that was probably meant, or all of them."""
    words = said.split()
    known = {word for form in Form for word in form.value.split() if not word.isupper()}
    for index, word in enumerate(words):
        near = suggest(word, known) if word not in known else None
        if near is not None:
            fixed = " ".join([*words[:index], near, *words[index + 1 :]])
            if any(pattern.fullmatch(fixed) for _, pattern in _PATTERNS):
                return f"did you mean `{fixed}`?"
    return "ask one of: " + "; ".join(form.value for form in Form)


def _shortened(text: str) -> str:
    plain = "".join(each if each.isprintable() else "�" for each in " ".join(text.split()))
    return plain if len(plain) <= 60 else plain[:57] + "…"


__all__ = ["MEANINGS", "Asked", "Form", "read_question"]
