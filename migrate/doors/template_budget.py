"""What a template may do: the doors to Go templates charge each call of a function here before it runs.

Go's engine has no limits, and a line such as ``{{ until 1000000000 }}`` fills any memory. Costs are counted, so the
same template always ends at the same place; processor time is the last resort, for what cannot be counted.
"""

from __future__ import annotations

import functools
import inspect
import math
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType
from typing import Any

from gotpl import BudgetExceededError, ContextFunction, ExecutionBudget
from gotpl.runtime.sync_vm import _builtin_functions

MOST_UNITS = 32_000_000
"""What one render may spend: a character or an element is one unit."""
MOST_SECONDS = 4.0
"""Processor time of one render."""
RESERVE_SECONDS = 6.0
"""Processor time that all renders of a reading may take beyond what an ordinary one does."""
MOST_DERIVED = 30
"""Passwords that one reading may derive. Each takes a quarter of a second on purpose, so they are counted, and their
time is not. Real estates derive a hundred: for one that is trusted there is no such limit."""
_ORDINARY_SECONDS = 0.05
_NODE = 32
"""Units of one node of nested data: walking it is slower than copying a character."""

BUDGET = ExecutionBudget(
    max_output_chars=MOST_UNITS, max_iterations=300_000, max_template_depth=1_000, max_function_calls=500_000
)


RenderLimitError = BudgetExceededError
"""A render that wants more than it may have; the engine's own, so that it passes through the engine unchanged."""


class Allowance:
    """What the templates of one reading may still do; renders inside a render share its limits."""

    def __init__(self, *, trusted: bool = False) -> None:
        self._trusted = trusted
        self._units = 0
        self._reserve = RESERVE_SECONDS
        self._depth = 0
        self._overdue = False
        self._begun = 0.0
        self._derived: set[tuple[object, ...]] = set()

    def charge(self, units: float) -> None:
        """Spend ``units`` of the running render.

        Raises:
            BudgetExceededError: there are not as many left.
        """
        if units > MOST_UNITS - self._units:
            raise BudgetExceededError(f"it builds or reads more than {MOST_UNITS} characters or elements")
        self._units += int(units)

    @property
    def left(self) -> int:
        """The units that the running render has left."""
        return MOST_UNITS - self._units

    @contextmanager
    def render(self) -> Iterator[None]:
        """One render: the outermost begins with full units and with what is left of the time.

        Raises:
            BudgetExceededError: it took too long.
        """
        if self._depth:
            yield
            return
        self._depth, self._units, self._overdue = 1, 0, False
        before = _RUNNING.set(self)
        self._begun = time.process_time()
        seconds = min(MOST_SECONDS, self._reserve + _ORDINARY_SECONDS)
        try:
            with _alarm(seconds, self._ring):
                yield
            if self._overdue:  # a function swallowed the alarm
                raise BudgetExceededError(_overdue())
        finally:
            self._depth = 0
            _RUNNING.reset(before)
            self._reserve -= max(0.0, time.process_time() - self._begun - _ORDINARY_SECONDS)

    def derive(self, function: Callable[..., object], arguments: tuple[object, ...]) -> object:
        """What a slow function of texts and numbers gives, computed once for each set of arguments.

        Raises:
            BudgetExceededError: too many of them.
        """
        if not all(isinstance(argument, (str, int)) for argument in arguments):
            return function(*arguments)
        self._derived.add(arguments)
        if len(self._derived) > MOST_DERIVED and not self._trusted:
            raise BudgetExceededError(
                f"it derives more than {MOST_DERIVED} passwords (--allow-exec lifts this for an estate that you trust)"
            )
        with self._clock_stopped():
            return _computed_once(inspect.unwrap(function), arguments)

    @contextmanager
    def _clock_stopped(self) -> Iterator[None]:
        begun, (left, interval) = time.process_time(), (0.0, 0.0)
        if hasattr(signal, "setitimer"):
            left, interval = signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        try:
            yield
        finally:
            self._begun += time.process_time() - begun
            if left:
                signal.setitimer(signal.ITIMER_VIRTUAL, left, interval)

    def _ring(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if self._depth:
            self._overdue = True
            raise BudgetExceededError(_overdue())


@functools.lru_cache(maxsize=4 * MOST_DERIVED)
def _computed_once(function: Callable[..., object], arguments: tuple[object, ...]) -> object:
    return function(*arguments)


_RUNNING: ContextVar[Allowance | None] = ContextVar("running", default=None)
"""The render that functions are called by."""


def _running() -> Allowance:
    return _RUNNING.get() or Allowance()


def _overdue() -> str:
    return f"it takes more than {MOST_SECONDS:g} s of processor time, or all of the estate's {RESERVE_SECONDS:g} s"


@contextmanager
def _alarm(seconds: float, ring: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Call ``ring`` when the process has worked for ``seconds``, again and again until the block ends."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield  # signals belong to the main thread, and Windows has none: the counted limits hold alone
        return
    before = signal.signal(signal.SIGVTALRM, ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, max(seconds, 0.001), 0.2)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


# --- what a call costs


def with_builtins(functions: Mapping[str, Callable[..., object]]) -> dict[str, Callable[..., object]]:
    """The functions together with Go's own that copy text, so that those can be charged too."""
    own = _builtin_functions("go")
    copying = ("print", "printf", "println", "html", "js", "urlquery")
    return {**{name: own[name] for name in copying}, **functions}


def charged(functions: Mapping[str, Callable[..., object]]) -> dict[str, Callable[..., object]]:
    """The functions, each of which pays the running render before it runs and for what it gives."""
    return {name: _charged(name, function) for name, function in functions.items()}


def _charged(name: str, function: Callable[..., object]) -> Callable[..., object]:
    if isinstance(function, ContextFunction):
        return ContextFunction(sync=_charged_in_context(name, function.sync)) if function.sync else function

    @functools.wraps(function)
    def call(*arguments: object) -> object:
        account = _running()
        account.charge(cost(name, arguments, account.left))
        result = account.derive(function, arguments) if name == "derivePassword" else function(*arguments)
        account.charge(_breadth(result))
        return result

    return call


def _charged_in_context(name: str, function: Callable[..., object]) -> Callable[..., object]:
    @functools.wraps(function)
    def call(context: object, *arguments: object) -> object:
        account = _running()
        account.charge(cost(name, arguments, account.left))
        result = function(context, *arguments)
        account.charge(_breadth(result))
        return result

    return call


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DEEP = _names(
    "print println printf html js urlquery cat quote squote join toString toStrings toYaml fromYaml toJson toRawJson"
    " toPrettyJson mustToJson mustToRawJson mustToPrettyJson deepCopy mustDeepCopy deepEqual merge mustMerge"
    " mergeOverwrite mustMergeOverwrite expandSecretRefs sortAlpha"
)
_PAIRWISE = _names("uniq mustUniq without mustWithout has mustHas compact mustCompact")
_HEAVY = {
    "tpl": 10_000, "include": 200, "derivePassword": 100_000, "bcrypt": 4_000_000, "htpasswd": 4_000_000,
    "genPrivateKey": 8_000_000, "genCA": 8_000_000, "genCAWithKey": 1_000_000, "genSelfSignedCert": 8_000_000,
    "genSelfSignedCertWithKey": 1_000_000, "genSignedCert": 8_000_000, "genSignedCertWithKey": 1_000_000,
    "encryptAES": 10_000, "decryptAES": 10_000, "exec": 10_000, "envExec": 10_000,
}  # fmt: skip


def cost(name: str, arguments: Sequence[object], left: int) -> float:
    """The units that a call costs before it runs: what it reads, and at least what it would build.

    >>> cost("repeat", (1000, "ab"), 10**9) > 2000
    True
    """
    read = unfolded(arguments, left) if name in _DEEP else sum(map(_breadth, arguments))
    return 1 + read + _HEAVY.get(name, 0) + _built(name, arguments)


def _built(name: str, arguments: Sequence[object]) -> float:
    texts = [argument for argument in arguments if isinstance(argument, str)]
    numbers = [abs(n) for n in map(_number, arguments) if n is not None]
    if name in _PAIRWISE:
        return math.prod(max(1, _breadth(a)) for a in arguments) + max(map(_breadth, arguments), default=0) ** 2 / 4
    if name.startswith(("regex", "mustRegex")):
        return _regex_cost(texts)
    match name:
        case "repeat" | "indent" | "nindent":
            lines = sum(text.count("\n") + 1 for text in texts) if name != "repeat" else sum(map(len, texts))
            return max(numbers, default=0) * lines
        case "until" | "randAlpha" | "randAlphaNum" | "randAscii" | "randNumeric" | "randBytes":
            return sum(numbers)
        case "untilStep":
            return _steps(arguments)
        case "seq":
            return sum(numbers) + (abs(numbers[-1] - numbers[0]) if len(numbers) > 1 else 0)
        case "printf":
            widths = sum(int(digits) if len(digits) < 12 else math.inf for digits in re.findall("[0-9]+", texts[0]))
            return widths + (sum(numbers) if "*" in texts[0] else 0) if texts else 0
        case "replace" if len(texts) == 3:
            old, new, text = texts
            return (text.count(old) if old else len(text) + 1) * len(new)
        case "join":
            return sum(map(len, texts)) * sum(_breadth(a) for a in arguments if not isinstance(a, str))
        case "wrapWith" | "wrap" if texts:
            return 8 * len(texts[-1]) + len(texts[-1]) * len(texts[0]) * (len(texts) > 1)
        case "snakecase" | "camelcase" | "kebabcase" | "shuffle" | "tpl" | "fromYaml" | "fromJson" | "mustFromJson":
            return 20 * sum(map(len, texts))
        case _:
            return 0


def _steps(arguments: Sequence[object]) -> float:
    numbers = [number for number in map(_number, arguments) if number is not None]
    if len(numbers) != 3 or not numbers[2]:
        return 0
    return abs(numbers[1] - numbers[0]) / abs(numbers[2])


def _number(argument: object) -> float | None:
    if isinstance(argument, (int, float)) and not isinstance(argument, bool):
        return argument if math.isfinite(argument) and abs(argument) < 2**64 else None
    if isinstance(argument, str) and len(argument) < 20 and re.fullmatch(r"[-+]?[0-9]+", argument):
        return int(argument)
    return None


def _regex_cost(texts: Sequence[str]) -> float:
    if len(texts) < 2:
        return 0
    pattern, text, *replacement = texts
    size = program_size(pattern)
    return 40 * size + 4 * size * (len(text) + 1) + sum(map(len, replacement)) * (len(text) + 1)


def program_size(pattern: str) -> float:
    """About how many steps a regular expression compiles to: counted repeats are written out, in each other too.

    >>> program_size("(a{1,100}b){50}")
    5050
    """
    sizes: list[float] = [0]
    last: list[float] = [0]
    for match in re.finditer(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{(\d*),?(\d*)\}|.", pattern, re.DOTALL):
        piece = match[0]
        if piece == "(":
            sizes.append(0)
            last.append(0)
        elif piece == ")" and len(sizes) > 1:
            inner = sizes.pop()
            last.pop()
            last[-1] = inner
            sizes[-1] += inner
        elif len(piece) > 2 and piece[0] == "{" and any(match.groups()):
            times = max(float(digits or 0) for digits in match.groups())
            sizes[-1] += last[-1] * max(times - 1, 0)
            last[-1] *= max(times, 1)
        elif piece not in "*+?|^$":
            last[-1] = 1
            sizes[-1] += 1
    return sum(sizes)


def _breadth(value: object) -> int:
    return len(value) if isinstance(value, (str, bytes, list, tuple, dict)) else 0


def unfolded(values: Sequence[object], most: int) -> int:
    """The size of nested data as it would be written out, counted until ``most`` is passed; cycles pass any."""
    size = 0
    pending: list[Any] = list(values)
    while pending and size <= most:
        value = pending.pop()
        if isinstance(value, (str, bytes)):
            size += len(value)
        elif isinstance(value, Mapping):
            size += _NODE * (len(value) + 1)
            pending.extend(value.values())
        elif isinstance(value, (list, tuple)):
            size += _NODE * (len(value) + 1)
            pending.extend(value)
        else:
            size += 1
    return size
