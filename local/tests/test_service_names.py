"""Which names the endpoint takes for those of AWS services."""

from __future__ import annotations

import pytest
from ministack.core import router

from emulator.completions import service_names


def test_models_of_services_are_read_only_for_a_name_that_no_service_has(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def stock(name: str) -> bool:
        read.append(name)
        return name == "signed-by"

    monkeypatch.setattr(router, "_is_aws_service_name", stock)
    service_names.install()
    assert router._is_aws_service_name("emr-serverless")
    assert read == []
    assert router._is_aws_service_name("signed-by")
    assert not router._is_aws_service_name("nobody")
    assert read == ["signed-by", "nobody"]
