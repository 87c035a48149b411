"""Compares a template's value with the live one, as AWS would: order, spelling of scalars and policy forms aside."""

from __future__ import annotations

import json
from typing import Any

from readback.model import ABSENT, ANYTHING

_ORDERED = frozenset({"Fields", "DashboardBody"})
"""Lists whose order means something: columns, partition fields and sort fields of a table, widgets."""
_ORDERED_DOCUMENTS = ("DefinitionString", "Definition")
"""Properties in which every list is ordered: the choices, retries and arguments of a state machine."""
_CONTAINED = frozenset({"SecurityGroupIngress", "SecurityGroupEgress"})
"""Lists other resources add to: the template's items must be among the live ones."""
_POLICY_LISTS = frozenset({"Action", "NotAction", "Resource", "NotResource", "AWS", "Service", "Federated"})

Difference = tuple[str, Any, Any]


def differences(path: str, expected: Any, actual: Any) -> list[Difference]:
    """Where `actual` is not `expected`; live members the template does not name are the service's defaults."""
    if expected is ANYTHING or expected == actual:
        return []
    expected, actual = _parsed(expected, actual)
    name = path.rsplit(".", 1)[-1].split("[")[0]
    if name in _POLICY_LISTS and not path.endswith("]"):
        expected, actual = _listed(expected), _listed(actual)
    if isinstance(expected, dict):
        return _members(path, expected, actual)
    if isinstance(expected, list):
        return _items(path, name, expected, actual)
    return [] if _scalar(expected) == _scalar(actual) else [(path, expected, actual)]


def tag_differences(expected: Any, actual: Any, stack_tags: dict[str, str]) -> list[Difference]:
    """Tags as a map: all of the template's, and none beside them but the stack's own and `aws:` ones."""
    wanted, found = tag_map(expected), tag_map(actual)
    missing = [
        (f"Tags.{key}", value, found.get(key, ABSENT)) for key, value in wanted.items() if found.get(key) != value
    ]
    strange = [
        (f"Tags.{key}", ABSENT, value)
        for key, value in found.items()
        if key not in wanted and not key.startswith("aws:") and stack_tags.get(key) != value
    ]
    return [*missing, *strange]


def tag_map(tags: Any) -> dict[str, str]:
    """A tag list or map as a map."""
    if isinstance(tags, dict):
        return {str(key): str(value) for key, value in tags.items()}
    if not isinstance(tags, list):
        return {}
    return {str(tag["Key"]): str(tag.get("Value", "")) for tag in tags}


def _members(path: str, expected: dict[str, Any], actual: Any) -> list[Difference]:
    if not isinstance(actual, dict):
        return [(path, expected, actual)]
    found: list[Difference] = []
    for key, value in expected.items():
        if key not in actual:
            if value not in ({}, [], None):
                found.append((f"{path}.{key}", value, ABSENT))
        else:
            found.extend(differences(f"{path}.{key}", value, actual[key]))
    return found


def _items(path: str, name: str, expected: list[Any], actual: Any) -> list[Difference]:
    if not isinstance(actual, list):
        return [(path, expected, actual)]
    if len(expected) != len(actual) and not (name in _CONTAINED and len(expected) < len(actual)):
        return [(path, expected, actual)]
    if name in _ORDERED or path.split(".")[0] in _ORDERED_DOCUMENTS:
        pairs = zip(expected, actual, strict=True)
        return [d for i, (want, got) in enumerate(pairs) for d in differences(f"{path}[{i}]", want, got)]
    rest = list(actual)
    found: list[Difference] = []
    for position, want in enumerate(expected):
        twin = next((i for i, got in enumerate(rest) if not differences(f"{path}[{position}]", want, got)), None)
        if twin is None:
            found.append((f"{path}[{position}]", want, _closest(path, want, rest)))
        else:
            rest.pop(twin)
    return found


def _closest(path: str, want: Any, rest: list[Any]) -> Any:
    return min(rest, key=lambda got: len(differences(f"{path}[]", want, got)), default=ABSENT)


def _parsed(expected: Any, actual: Any) -> tuple[Any, Any]:
    """A JSON document may travel as a string on either side."""
    documents = [_document(value) for value in (expected, actual)]
    if all(isinstance(document, dict | list) for document in documents):
        return documents[0], documents[1]
    return expected, actual


def _document(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in "{[":
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _listed(value: Any) -> Any:
    return value if isinstance(value, list | dict) else [value]


def _scalar(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str):
        text = value.strip()
        try:
            return float(text) if text and text[0] in "-0123456789" else _word(text)
        except ValueError:
            return _word(text)
    return value


def _word(text: str) -> str:
    return text.lower() if text.lower() in ("true", "false") else text
