"""Fetches jars by the Ivy resolver inside Spark: `python resolve_jars.py IVY_FOLDER COORDINATE…`.

Each coordinate is resolved alone and without what it depends on: a lock file names every jar there is. Prints a line
of JSON per coordinate, `{"coordinate": …, "path": …}`. Run by `jars.ts` with the interpreter of the Spark environment.
"""

import json
import sys

from pyspark.java_gateway import launch_gateway


def main(ivy: str, coordinates: list[str]) -> None:
    """Resolves the coordinates into the folder; the resolver's own report goes to standard error."""
    jvm = launch_gateway().jvm
    jvm.java.lang.System.setProperty("spark.jars.ivy", ivy)
    for coordinate in coordinates:
        uri = jvm.java.net.URI(f"ivy://{coordinate}?transitive=false")
        paths = jvm.org.apache.spark.util.DependencyUtils.resolveMavenDependencies(uri)
        sys.stdout.write(json.dumps({"coordinate": coordinate, "path": paths.head()}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
