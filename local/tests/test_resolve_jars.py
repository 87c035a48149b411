"""The resolver of jars: whom its Java trusts."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
from pathlib import Path

import botocore
import pytest

from tests.support import setting

pytestmark = pytest.mark.spark

TOOLCHAIN = Path(__file__).parents[1] / "toolchain"
PROGRAM = """
import sys
from pyspark.java_gateway import launch_gateway
from resolve_jars import trust

gateway = launch_gateway()
trust(gateway, sys.argv[1], sys.argv[2])
managers = gateway.jvm.javax.net.ssl.TrustManagerFactory
factory = managers.getInstance(managers.getDefaultAlgorithm())
factory.init(None)
print("trusted", len(factory.getTrustManagers()[0].getAcceptedIssuers()))
"""


def test_java_trusts_the_certificates_of_the_file_that_openssl_heeds(tmp_path: Path) -> None:
    home = setting("LAKEHOUSE_SPARK_HOME")
    context = ssl.create_default_context(cafile=str(Path(botocore.__file__).with_name("cacert.pem")))
    two = [ssl.DER_cert_to_PEM_cert(der) for der in context.get_ca_certs(binary_form=True)[:2]]
    bundle = tmp_path / "bundle.pem"
    bundle.write_text("".join(two))
    python = os.environ.get("LAKEHOUSE_SPARK_PYTHON", sys.executable)
    answer = subprocess.run(
        [python, "-c", PROGRAM, str(bundle), str(tmp_path / "trusted.p12")],
        env={**os.environ, "PYTHONPATH": str(TOOLCHAIN), "SPARK_HOME": home},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "trusted 2\n" in answer.stdout, answer.stderr
