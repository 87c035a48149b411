"""The types of a contract, as Iceberg writes them, and what Spark calls them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lakehouse_jobs.exceptions import ContractError, problem

_PRIMITIVES: Mapping[str, str] = {
    "boolean": "boolean",
    "int": "int",
    "long": "bigint",
    "float": "float",
    "double": "double",
    "date": "date",
    "timestamp": "timestamp_ntz",
    "timestamptz": "timestamp",
    "string": "string",
    "uuid": "string",
    "binary": "binary",
}
_DECIMAL = re.compile(r"^decimal\(\s*(\d+)\s*,\s*(\d+)\s*\)$")
_FIXED = re.compile(r"^fixed\[\d+\]$")
_NESTED = re.compile(r"^(list|map|struct)\s*<(.*)>$", re.DOTALL)
_REQUIRED = re.compile(r"\s+not\s+null$", re.IGNORECASE)
_FIELD = re.compile(r"^([a-z_][a-z0-9_]*)\s*:?\s+(.+)$|^([a-z_][a-z0-9_]*):(.+)$", re.DOTALL)


@dataclass(frozen=True)
class Field:
    """A part of a nested type: its name (`element`, `key` and `value` in lists and maps), its type, and whether a
    value is required."""

    name: str
    type: Type
    required: bool


@dataclass(frozen=True)
class Type:
    """A type: its Spark name, and its fields when it is nested."""

    spark: str
    fields: tuple[Field, ...] = ()

    def absent(self, value: str, depth: int = 0) -> str | None:
        """A condition in SQL that is true when a part of `value` that is required is not there; None if all may be."""
        found = [condition for field in self.fields if (condition := self._absent_in(field, value, depth)) is not None]
        return " OR ".join(found) or None

    def _absent_in(self, field: Field, value: str, depth: int) -> str | None:
        inside, is_struct = f"x{depth}", self.spark.startswith("struct")
        part = f"{value}.`{field.name}`" if is_struct else inside
        missing = f"({part} IS NULL)" if field.required and field.name != "key" else None
        conditions = " OR ".join(filter(None, [missing, field.type.absent(part, depth + 1)]))
        if not conditions:
            return None
        if is_struct:
            return f"({value} IS NOT NULL AND ({conditions}))"
        values = {"key": f"map_keys({value})", "value": f"map_values({value})"}.get(field.name, value)
        return f"coalesce(exists({values}, {inside} -> {conditions}), false)"


def parse_type(text: str, subject: str) -> Type:
    """The type that a contract writes.

    :raises ContractError: the text is no type, or one that Spark cannot hold.
    """
    found = _read(text.strip())
    if found is None:
        known = ", ".join([*_PRIMITIVES, "decimal(P, S)", "fixed[L]", "list<T>", "map<K, V>", "struct<name T, …>"])
        raise ContractError(problem(f"{subject} physicalType", f"be one of {known}", text, "correct the contract"))
    return found


def _read(text: str) -> Type | None:
    if text in _PRIMITIVES:
        return Type(_PRIMITIVES[text])
    decimal = _DECIMAL.match(text)
    if decimal:
        return Type(f"decimal({decimal[1]},{decimal[2]})")
    if _FIXED.match(text):
        return Type("binary")
    nested = _NESTED.match(text)
    return None if nested is None else _read_nested(nested[1], _split(nested[2]))


def _read_nested(kind: str, parts: list[str]) -> Type | None:
    names = {"list": ["element"], "map": ["key", "value"]}.get(kind)
    if names is None:
        matches = [_FIELD.match(part) for part in parts]
        pairs = [(found[1] or found[3], found[2] or found[4]) for found in matches if found]
    else:
        pairs = list(zip(names, parts, strict=False))
    fields = [_field(name, part) for name, part in pairs]
    whole = [field for field in fields if field is not None]
    if len(whole) != len(parts) or (names is not None and len(parts) != len(names)):
        return None
    inner = [f"{field.name}:{field.type.spark}" if names is None else field.type.spark for field in whole]
    return Type(f"{'array' if kind == 'list' else kind}<{','.join(inner)}>", tuple(whole))


def _field(name: str, text: str) -> Field | None:
    required = _REQUIRED.search(text)
    found = _read((text[: required.start()] if required else text).strip())
    return None if found is None else Field(name, found, required is not None)


def _split(text: str) -> list[str]:
    """Text cut at the commas that stand in no brackets."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "<([") - (letter in ">)]")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]
