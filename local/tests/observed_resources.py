"""Resources by which a lake is watched that are of no other service."""

from __future__ import annotations

from tests.templates import Template, ref


def observed() -> dict[str, Template]:
    """A query saved over a log group."""
    return {
        "SavedQuery": {
            "Type": "AWS::Logs::QueryDefinition",
            "Properties": {
                "Name": "tests/errors",
                "QueryString": "filter @message like /ERROR/\n| limit 20",
                "LogGroupNames": [ref("Logs")],
                "QueryLanguage": "CWLI",
            },
        }
    }
