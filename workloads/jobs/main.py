"""The entry script that `spark-submit` runs; everything it does is in the package `lakehouse_jobs`."""

from lakehouse_jobs.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
