"""CloudWatch metric math over series of one value per period, as alarms use it.

A value is a number, a series (`None` where there is no data) or an array of series. Missing data makes the result
missing; so does a division by zero.

Source: CloudWatch User Guide, "Using math expressions with CloudWatch metrics".
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Series = tuple[float | None, ...]
"""Oldest first."""
Value = Any
"""A number, a `Series`, a word such as REPEAT, or a list of series."""

_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|([A-Za-z_]\w*)|(\|\||&&|[<>=!]=|[-+*/^()<>,\[\]]))")


def _logical(function: Callable[[bool, bool], bool]) -> Callable[[float, float], float]:
    return lambda a, b: float(function(bool(a), bool(b)))


def _compared(function: Callable[[float, float], bool]) -> Callable[[float, float], float]:
    return lambda a, b: float(function(a, b))


_BINARY: dict[str, tuple[int, Callable[[float, float], float]]] = {
    "||": (1, _logical(operator.or_)),
    "OR": (1, _logical(operator.or_)),
    "&&": (2, _logical(operator.and_)),
    "AND": (2, _logical(operator.and_)),
    "<": (3, _compared(operator.lt)),
    ">": (3, _compared(operator.gt)),
    "<=": (3, _compared(operator.le)),
    ">=": (3, _compared(operator.ge)),
    "==": (3, _compared(operator.eq)),
    "!=": (3, _compared(operator.ne)),
    "+": (4, operator.add),
    "-": (4, operator.sub),
    "*": (5, operator.mul),
    "/": (5, operator.truediv),
    "^": (6, operator.pow),
}
"""Sign → how strongly it binds, and what it does."""
_WORDS = ("REPEAT", "LINEAR")


class MetricMathError(Exception):
    """An expression this evaluator does not know."""


@dataclass
class _Reader:
    """The rest of an expression, evaluated while it is read."""

    tokens: list[str]
    series: Mapping[str, Series]
    period: float

    def next(self) -> str:
        return self.tokens.pop(0) if self.tokens else ""

    def peek(self) -> str:
        return self.tokens[0] if self.tokens else ""

    def expect(self, token: str) -> None:
        found = self.next()
        if found != token:
            raise MetricMathError(f"'{token}' is expected, got '{found}'")

    def expression(self, binding: int = 0) -> Value:
        left = self.operand()
        while (known := _BINARY.get(self.peek())) and known[0] > binding:
            self.next()
            left = _each(known[1], left, self.expression(known[0]))
        return left

    def operand(self) -> Value:
        token = self.next()
        if token == "-":
            return _each(operator.neg, self.expression(5))
        if token == "(":
            value = self.expression()
            self.expect(")")
            return value
        if token == "[":
            return self.items("]")
        if token[:1].isdigit():
            return float(token)
        if self.peek() == "(":
            self.next()
            return _call(token.upper(), self.items(")"), self)
        if token in self.series:
            return self.series[token]
        if token.upper() in _WORDS:
            return token.upper()
        raise MetricMathError(f"'{token}' is not known")

    def items(self, end: str) -> list[Value]:
        found: list[Value] = []
        while self.peek() != end:
            found.append(self.expression())
            if self.peek() != end:
                self.expect(",")
        self.next()
        return found


def evaluate(expression: str, series: Mapping[str, Series], period: float) -> Series:
    """The series of an expression over named series of equal length; raises `MetricMathError`."""
    reader = _Reader(_tokens(expression), series, period)
    value = reader.expression()
    if reader.tokens:
        raise MetricMathError(f"the end is expected, got '{reader.peek()}'")
    length = max((len(item) for item in series.values()), default=1)
    if isinstance(value, float):
        return (value,) * length
    if not isinstance(value, tuple):
        raise MetricMathError("one time series is expected")
    return value


def names(expression: str) -> list[str]:
    """Every word of an expression, those of functions included."""
    return [token for token in _tokens(expression) if token[0].isalpha() or token[0] == "_"]


def _tokens(expression: str) -> list[str]:
    found, position = [], 0
    text = expression.strip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise MetricMathError(f"'{text[position:]}' is not known")
        found.append(match[1] or match[2] or match[3])
        position = match.end()
    return found


def _each(function: Callable[..., float], *values: Value) -> Value:
    """A function of numbers, point by point where any of them is a series."""
    for kind in (list, tuple):
        size = next((len(value) for value in values if isinstance(value, kind)), None)
        if size is not None:
            spread = [value if isinstance(value, kind) else kind([value]) * size for value in values]
            return kind(_each(function, *items) for items in zip(*spread, strict=True))
    return _point(function, values)


def _point(function: Callable[..., float], items: Any) -> float | None:
    if any(item is None for item in items):
        return None
    try:
        return float(function(*items))
    except (ZeroDivisionError, ValueError, OverflowError):
        return None


def _call(name: str, arguments: list[Value], reader: _Reader) -> Value:
    if name == "METRICS":
        return list(reader.series.values())
    if name == "PERIOD":
        return reader.period
    function = _FUNCTIONS.get(name)
    if function is None:
        raise MetricMathError(f"'{name}' is not known")
    if name == "RATE":
        return _each(lambda value: value / reader.period, _diff(arguments[0]))
    try:
        return function(*arguments)
    except TypeError as error:
        raise MetricMathError(f"the arguments of {name} are not known: {error}") from error


def _aggregate(function: Callable[[list[float]], float]) -> Callable[[Value], Value]:
    """Of an array: point by point, those with data; of one series: one number over time."""

    def over(values: list[float | None]) -> float | None:
        held = [value for value in values if value is not None]
        return float(function(held)) if held else None

    def aggregated(value: Value) -> Value:
        if isinstance(value, list):
            length = max((len(item) for item in value if isinstance(item, tuple)), default=1)
            rows = [item if isinstance(item, tuple) else (item,) * length for item in value]
            return tuple(over(list(column)) for column in zip(*rows, strict=True))
        return over(list(value))

    return aggregated


def _diff(series: Series) -> Series:
    """Each value less the one before it, missing ones passed over."""
    before: float | None = None
    found: list[float | None] = []
    for value in series:
        found.append(None if value is None or before is None else value - before)
        before = before if value is None else value
    return tuple(found)


def _fill(value: Value, filler: Value) -> Value:
    if isinstance(value, list):
        return [_fill(item, filler) for item in value]
    if filler == "LINEAR":
        raise MetricMathError("FILL with LINEAR is not known")
    found: list[float | None] = []
    for position, item in enumerate(value):
        with_ = filler
        if filler == "REPEAT":
            with_ = found[-1] if found else None
        elif isinstance(filler, tuple):
            with_ = filler[position]
        found.append(with_ if item is None else item)
    return tuple(found)


def _if(condition: Value, then: Value, otherwise: Value = None) -> Value:
    def chosen(position: int | None) -> float | None:
        test, first, second = (
            value[position] if isinstance(value, tuple) and position is not None else value
            for value in (condition, then, otherwise)
        )
        return None if test is None else (first if test else second)

    sizes = [len(value) for value in (condition, then, otherwise) if isinstance(value, tuple)]
    return tuple(chosen(position) for position in range(sizes[0])) if sizes else chosen(None)


def _running_sum(series: Series) -> Series:
    total = 0.0
    found: list[float | None] = []
    for value in series:
        total += value or 0.0
        found.append(None if value is None else total)
    return tuple(found)


def _last(series: Series) -> float | None:
    return next((value for value in reversed(series) if value is not None), None)


_FUNCTIONS: dict[str, Callable[..., Value]] = {
    "ABS": lambda value: _each(abs, value),
    "AVG": _aggregate(lambda values: sum(values) / len(values)),
    "CEIL": lambda value: _each(math.ceil, value),
    "DATAPOINT_COUNT": _aggregate(len),
    "DIFF": _diff,
    "FILL": _fill,
    "FIRST": lambda series: _last(series[::-1]),
    "FLOOR": lambda value: _each(math.floor, value),
    "IF": _if,
    "LAST": _last,
    "LOG": lambda value: _each(math.log, value),
    "LOG10": lambda value: _each(math.log10, value),
    "MAX": _aggregate(max),
    "METRIC_COUNT": lambda value: float(len(value) if isinstance(value, list) else 1),
    "MIN": _aggregate(min),
    "RATE": _diff,
    "REMOVE_EMPTY": lambda value: [item for item in value if any(point is not None for point in item)],
    "RUNNING_SUM": _running_sum,
    "SUM": _aggregate(sum),
    "TIME_SERIES": lambda value: value,
}
