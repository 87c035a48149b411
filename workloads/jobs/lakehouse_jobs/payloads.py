"""Reads the payload of a record as the one JSON object that it must be, each value as the text it was written as.

Spark reads a number with a fraction or an exponent through a double, also where text is asked for. So such numbers are
marked and quoted before the document is parsed, and are themselves again in what comes out: 12345678901234567.89 keeps
its digits, 1.50 its zero, and a double gets the value it always did. A document is parsed between brackets and before a
last member of our own: whatever follows it, as a second document on the next line would, is seen then and not left out.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame

from lakehouse_jobs.validation import MALFORMED, from_json, literal, quoted

DOCUMENT = "_document"
_MARK = "\ufdd0"
"""No character, by Unicode: no text that is exchanged has it."""
_PARSED, _LIST, _END = "_parsed", "_documents", "_end"
_INEXACT = r"-?(?:0|[1-9][0-9]*+)(?:[.][0-9]++(?:[eE][-+]?[0-9]++)?+|[eE][-+]?[0-9]++)"
_MAY_HOLD_ONE = r"[:,\[]\s*+-?[0-9]++[.eE]"
_MARKED = f'"?{_MARK}([-+.0-9eE]++)"?'
_STRING = r'"(?:[^"\\]++|\\.)*+"' + "|" + r"'(?:[^'\\]++|\\.)*+'"
_VALUE = rf"{_INEXACT}(?=\s*+[],}}])"
_BEFORE = rf"""(?:[^"'\[:,]++|{_STRING}|[\[:,](?!\s*+{_VALUE}))*+[\[:,]\s*+"""
_UNQUOTED = rf"(?s)\G({_BEFORE})({_VALUE})"
_TO_MARKED = f'$1"{_MARK}$2"'
"""Each such number after all that is none, strings among it: possessive, so that no text takes long or much stack."""


def with_document(records: DataFrame, text: str, names: Sequence[str]) -> DataFrame:
    """The rows with the payload in the column `text` read: its keys of `names` in the struct `DOCUMENT`.

    `DOCUMENT` is null where the text is anything but one JSON object. Each value is text; what is nested is JSON.
    """
    marked = f"regexp_replace({text}, {literal(_UNQUOTED)}, {literal(_TO_MARKED)})"
    # by a lambda, which is interpreted: compiled with the casts it took longer, also where nothing is marked
    unmarked = ", ".join(f"{literal(name)}, {_unmarked(f'each.{quoted(name)}')}" for name in names)
    values = f"transform(parsed.{_LIST}, each -> named_struct({unmarked}))"
    kept = ", ".join(f"'{name}', parsed.{name}" for name in (_END, MALFORMED))
    exact = f"transform(array({_parsed(marked, names)}), parsed -> named_struct('{_LIST}', {values}, {kept}))"
    holds_one = f"{text} RLIKE {literal(_MAY_HOLD_ONE)}"
    parsed = f"CASE WHEN {holds_one} THEN get({exact}, 0) ELSE {_parsed(text, names)} END"
    whole = f"{_PARSED}.{MALFORMED} IS NULL AND {_PARSED}.{_END} IS NOT NULL AND size({_PARSED}.{_LIST}) = 1"
    document = f"CASE WHEN {whole} THEN get({_PARSED}.{_LIST}, 0) END"
    return records.selectExpr("*", f"{parsed} AS {_PARSED}").selectExpr("*", f"{document} AS {DOCUMENT}").drop(_PARSED)


def _parsed(text: str, names: Sequence[str]) -> str:
    before, after = literal(f'{{"{_LIST}":['), literal(f'],"{_END}":""}}')
    fields = ", ".join(f"{quoted(name)}: string" for name in names)
    return from_json(f"concat({before}, {text}, {after})", f"{_LIST} array<struct<{fields}>>, {_END} string")


def _unmarked(value: str) -> str:
    plain = f"regexp_replace({value}, {literal(_MARKED)}, '$1')"
    return f"CASE WHEN contains({value}, '{_MARK}') THEN {plain} ELSE {value} END"
