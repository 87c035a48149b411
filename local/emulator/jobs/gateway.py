"""The application that holds a JVM of Spark open for others: says where the JVM listens, and does nothing else.

Run by `spark-submit`, with the file to write as its argument; it ends with its JVM.
"""

import json
import os
import signal
import sys


def main(target: str) -> None:
    """Write port and secret, for this user alone, and wait."""
    found = {"port": int(os.environ["PYSPARK_GATEWAY_PORT"]), "secret": os.environ["PYSPARK_GATEWAY_SECRET"]}
    with open(os.open(f"{target}.partial", os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
        json.dump(found, file)
    os.rename(f"{target}.partial", target)
    while True:
        signal.pause()


if __name__ == "__main__":
    main(sys.argv[1])
