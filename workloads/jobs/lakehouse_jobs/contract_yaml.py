"""Reads YAML by the core schema of YAML 1.2, as the construct library reads the same files before a deploy.

PyYAML's own loader follows YAML 1.1, to which `no` is false, `12:30` is 750 and `0100` is 64.

The schema: https://yaml.org/spec/1.2.2/#103-core-schema.
"""

from __future__ import annotations

import math
import re
from typing import Any, ClassVar

import yaml

_PREFIX = "tag:yaml.org,2002:"
_PATTERNS = {
    "null": r"(~|null|Null|NULL)?",
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+",
    "float": r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
}


def load_yaml(text: str) -> Any:
    """The one document in `text`, as plain values.

    :raises yaml.YAMLError: it is not well formed.
    """
    # a block that ends the text ends in a line break, whether the text does or not
    whole = text if text.endswith("\n") else f"{text}\n"
    return yaml.load(whole, Loader=_CoreLoader)  # noqa: S506 (a safe loader)


def _integer(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    text = str(loader.construct_scalar(node))
    # int() takes 0o17 and 0x1f by base 0 alone, and 0100, which is a hundred, by base 10 alone
    return int(text, 10 if text.lstrip("+-").isdecimal() else 0)


def _float(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> float | str:
    text = str(loader.construct_scalar(node))
    number: float = loader.construct_yaml_float(node)
    # a number that no double holds is text to the construct library
    return text if math.isinf(number) and text[-1].isdecimal() else number


class _CoreLoader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[Any, Any] = {  # noqa: RUF012 (typed as PyYAML types it)
        None: [(_PREFIX + kind, re.compile(rf"(?:{pattern})\Z")) for kind, pattern in _PATTERNS.items()]
    }
    yaml_constructors: ClassVar[dict[Any, Any]] = {
        **yaml.SafeLoader.yaml_constructors,
        f"{_PREFIX}int": _integer,
        f"{_PREFIX}float": _float,
    }
