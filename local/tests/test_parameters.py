"""How much a parameter of Parameter Store holds."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.support import Endpoint


@pytest.mark.parametrize(("tier", "largest"), [("Standard", 4096), ("Advanced", 8192), ("Intelligent-Tiering", 8192)])
def test_a_value_that_is_too_large_for_its_tier_is_refused(endpoint: Endpoint, tier: str, largest: int) -> None:
    ssm = endpoint.client("ssm")
    name = f"/tests/largest/{tier}"
    ssm.put_parameter(Name=name, Type="String", Tier=tier, Value="x" * largest)
    with pytest.raises(ClientError, match=f"maximum parameter value of {largest} characters"):
        ssm.put_parameter(Name=name, Type="String", Tier=tier, Value="x" * (largest + 1), Overwrite=True)
    assert len(ssm.get_parameter(Name=name)["Parameter"]["Value"]) == largest


def test_a_parameter_that_names_no_tier_is_a_standard_one(endpoint: Endpoint) -> None:
    with pytest.raises(ClientError, match="Standard tier parameters support a maximum parameter value of 4096"):
        endpoint.client("ssm").put_parameter(Name="/tests/untiered", Type="String", Value="x" * 4097)
