"""What AWS' parser of the Data Quality Definition Language makes of rulesets: `parse_dqdl.py FILE…`.

Writes a JSON object: of each file its rules, each with its type and its parameters, or why it is none.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark import SparkConf
from pyspark.java_gateway import launch_gateway

jar, *files = sys.argv[1:]
gateway = launch_gateway(SparkConf().set("spark.driver.extraClassPath", jar))
parser = gateway.jvm.software.amazon.glue.dqdl.parser.DQDLParser()


def parsed(file: str) -> dict[str, Any]:
    try:
        ruleset = parser.parse(Path(file).read_text(encoding="utf-8"))
    except Py4JJavaError as error:
        return {"rules": [], "error": str(error.java_exception.getMessage())}
    return {"rules": [rule for top in ruleset.getRules() for rule in flat(top)], "error": None}


def flat(rule: Any) -> list[dict[str, Any]]:
    """The rule, or those it is made of."""
    nested = list(rule.getNestedRules() or [])
    if nested:
        return [found for each in nested for found in flat(each)]
    parameters = rule.getParameters()
    return [{"type": rule.getRuleType(), "parameters": {str(key): str(parameters[key]) for key in parameters}}]


json.dump({file: parsed(file) for file in files}, sys.stdout)
gateway.shutdown()
