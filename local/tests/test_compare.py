"""What counts as equal, and what must never."""

from __future__ import annotations

from typing import Any

import pytest

from readback.compare import differences, tag_differences
from readback.model import ANYTHING


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (True, "true"),
        ("60", 60),
        (0.5, "0.5"),
        ([1, 2], [2, 1]),
        ({"a": 1}, {"a": 1, "default": 2}),
        ({"Action": "s3:Get"}, {"Action": ["s3:Get"]}),
        ({"Action": ["a", "b"]}, {"Action": ["b", "a"]}),
        ('{"a": [1]}', {"a": [1]}),
        (ANYTHING, "whatever"),
        ([{"k": 1}, {"k": 2}], [{"k": 2, "d": 0}, {"k": 1}]),
    ],
)
def test_equal_whatever_the_spelling(expected: Any, actual: Any) -> None:
    assert differences("Property", expected, actual) == []


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (True, False),
        ("a", "A"),
        (60, 61),
        ([1, 1], [1]),
        ([1, 1], [1, 2]),
        ([1], [1, 2]),
        ({"a": {"b": 1}}, {"a": {}}),
        ({"Action": "s3:Get"}, {"Action": ["s3:Get", "s3:Put"]}),
        ({"Fields": [{"Name": "a"}, {"Name": "b"}]}, {"Fields": [{"Name": "b"}, {"Name": "a"}]}),
        ('{"a": [1]}', '{"a": [2]}'),
        ("x", None),
    ],
)
def test_different(expected: Any, actual: Any) -> None:
    assert differences("Property", expected, actual) != []


def test_a_group_s_inline_rules_may_have_others_beside_them() -> None:
    assert differences("SecurityGroupIngress", [{"FromPort": 1}], [{"FromPort": 2}, {"FromPort": 1}]) == []
    assert differences("SecurityGroupIngress", [{"FromPort": 3}], [{"FromPort": 2}, {"FromPort": 1}]) != []


def test_tags_are_all_of_the_template_s_and_no_strangers() -> None:
    live = [{"Key": "a", "Value": "1"}, {"Key": "aws:x", "Value": "y"}, {"Key": "stack", "Value": "s"}]
    assert tag_differences([{"Key": "a", "Value": "1"}], live, {"stack": "s"}) == []
    assert [path for path, _, _ in tag_differences({"a": "1"}, live, {})] == ["Tags.stack"]
    assert [path for path, _, _ in tag_differences({"a": "2", "b": "1"}, live, {"stack": "s"})] == ["Tags.a", "Tags.b"]
