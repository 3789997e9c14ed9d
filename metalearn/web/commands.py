"""Builds commands from the values that a browser or a program sends; checks each value first.

Values are joined to their option (`--target=x`), so that none is taken for an option of its own,
and the only paths are those of our own files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from metalearn.errors import UsageError

__all__ = ["QUESTIONS", "Field", "FormValues", "Question", "argv_of", "importance_argv"]

_LONGEST = 500  # characters of a value
_BUDGET = "time_budget"


@dataclass(frozen=True, slots=True)
class FormValues:
    """What a form was filled with.

    Attributes:
        texts: Its fields, by name, as text.
        ignored: Columns that are to be left out.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()

    @classmethod
    def of(cls, items: Iterable[tuple[str, object]]) -> FormValues:
        """Return the values of a form's items; files are left out."""
        pairs = [(name, text) for name, text in items if isinstance(text, str)]
        ignored = tuple(text for name, text in pairs if name == "ignore" and text)
        return cls({name: text for name, text in pairs if name != "ignore"}, ignored)


@dataclass(frozen=True, slots=True)
class Field:
    """A value that a question takes besides the table.

    Attributes:
        name: Its name in forms and in the API.
        option: Option of the command.
        kind: `text`, `integer`, `number` or `choice`.
        about: What it means.
        low: Least number.
        high: Largest number; `time_budget` ends at the server's limit too.
        choices: Allowed texts of a choice.
    """

    name: str
    option: str
    kind: str
    about: str
    low: float = 0.0
    high: float = 0.0
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A command that is asked about a table.

    Attributes:
        name: Name of the command.
        about: What it answers.
        fields: What it takes besides table and target.
        fixed: Options that are always given.
        is_long: Whether it takes long by its nature.
        has_model: Whether it can write a fitted model.
    """

    name: str
    about: str
    fields: tuple[Field, ...]
    fixed: tuple[str, ...] = ()
    is_long: bool = False
    has_model: bool = False


_KIND = Field("kind", "--kind", "choice", "kind of task; default: inferred from the target",
              choices=("classification", "regression"))  # fmt: skip
_METRIC = Field("metric", "--metric", "text", "name of a metric; default: that of the kind")
QUESTIONS: dict[str, Question] = {
    "recommend": Question(
        "recommend", "configurations to try, best first",
        (Field("k", "-k", "integer", "length of the list", 1, 100), _KIND, _METRIC),
    ),
    "similar": Question(
        "similar", "known tasks that the table resembles, and why",
        (Field("n", "-n", "integer", "number of tasks", 1, 100), _KIND, _METRIC),
    ),
    "describe": Question(
        "describe", "the meta-features of the table", (_KIND,)
    ),
    "fit": Question(
        "fit", "AutoML within a time budget; nothing is remembered",
        (Field(_BUDGET, "--time-budget", "number", "seconds", 2, 86_400), _KIND, _METRIC),
        fixed=("--no-remember",), is_long=True, has_model=True,
    ),
}  # fmt: skip


def argv_of(
    question: Question, table: Path, values: FormValues, *,
    columns: Sequence[str] | None = None, kb: str | None = None, page: Path | None = None,
    model: Path | None = None, max_budget_s: float = 600.0,
) -> tuple[str, ...]:  # fmt: skip
    """Return the command of a question.

    Args:
        question: The question.
        table: The uploaded table.
        values: Target, fields and ignored columns; empty fields are left out.
        columns: Columns of the table, if they are known.
        kb: The store.
        page: Where the page is written; None for none.
        model: Where a fitted model is written; None for nowhere.
        max_budget_s: Largest time budget.

    Raises:
        UsageError: If a value is missing, unknown or out of range.
    """
    target = values.texts.get("target", "")
    if not target:
        raise UsageError("target: name the column that is to be predicted")
    if columns is not None and target not in columns:
        raise UsageError(f"target: the table has no column {_cut(target)!r}")
    words = [question.name, *question.fixed, "--json", f"--target={_checked('target', target)}"]
    words += [f"--ignore={_column(name, target, columns)}" for name in values.ignored]
    for known in question.fields:
        text = values.texts.get(known.name, "").strip()
        if text:
            words.append(_joined(known.option, _value(known, text, max_budget_s)))
    if kb is not None and question.name != "describe":
        words.append(f"--kb={kb}")
    if page is not None:
        words.append(f"--html={page}")
    if model is not None and question.has_model:
        words.append(f"--output={model}")
    return (*words, str(table))


def importance_argv(algorithm: object, kb: str | None, page: Path) -> tuple[str, ...]:
    """Return the command for the importance of an algorithm's hyperparameters.

    Args:
        algorithm: Its name, as it was sent.
        kb: The store.
        page: Where the page is written.

    Raises:
        UsageError: If it cannot be a name.
    """
    if not isinstance(algorithm, str) or not algorithm or algorithm.startswith("-"):
        raise UsageError("algorithm: expected the name of an algorithm, such as svc")
    store = () if kb is None else (f"--kb={kb}",)
    name = _checked("algorithm", algorithm)
    return ("importance", "--json", f"--html={page}", *store, name)


def _column(name: str, target: str, columns: Sequence[str] | None) -> str:
    """Return the name of a column that can be left out."""
    if name == target:
        raise UsageError(f"ignore: {_cut(name)!r} is the column to predict; leave out others")
    if columns is not None and name not in columns:
        raise UsageError(f"ignore: the table has no column {_cut(name)!r}")
    return _checked("ignore", name)


def _value(known: Field, text: str, max_budget_s: float) -> str:
    if known.kind == "choice":
        if text not in known.choices:
            raise UsageError(
                f"{known.name}: expected one of {', '.join(known.choices)}, got {_cut(text)!r}"
            )
        return text
    if known.kind == "text":
        return _checked(known.name, text)
    high = min(known.high, max_budget_s) if known.name == _BUDGET else known.high
    try:
        number = int(text) if known.kind == "integer" else float(text)
    except ValueError:
        raise UsageError(f"{known.name}: expected a number, got {_cut(text)!r}") from None
    if not known.low <= number <= high:
        raise UsageError(f"{known.name}: expected {known.low:g} to {high:g}, got {_cut(text)}")
    return f"{number}"


def _joined(option: str, value: str) -> str:
    return f"{option}={value}" if option.startswith("--") else f"{option}{value}"


def _checked(name: str, text: str) -> str:
    if len(text) > _LONGEST or "\0" in text:
        raise UsageError(f"{name}: expected at most {_LONGEST} characters")
    return text


def _cut(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"
