"""`spark-submit` arguments for YARN, taken apart and put together for this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from emulator.config import EmulatorConfig, SparkConfig
from emulator.jobs import failure, launch, release, submission
from emulator.jobs.submission import InvalidSubmissionError

ARGS = [
    *("spark-submit", "--deploy-mode", "cluster", "--master", "yarn", "--num-executors", "4"),
    *("--py-files", "s3://a/jobs.zip", "--archives", "s3://a/p.zip#dependencies,s3://a/c.zip#contracts"),
    *("--jars", "s3://a/x.jar, s3://a/y.jar", "--conf", "spark.yarn.appMasterEnv.PYTHONPATH=dependencies"),
    *("--conf", "spark.executor.memory=8g", "--conf", "spark.sql.ansi.enabled=true", "--name", "ingest"),
    *("s3://a/main.py", "--environment", "dev", "--conf", "mine"),
]


def test_takes_a_submission_apart_and_leaves_cluster_sizing_out() -> None:
    found = submission.parse(ARGS)
    assert found.application == "s3://a/main.py"
    assert found.arguments == ["--environment", "dev", "--conf", "mine"]
    assert found.conf == {"spark.sql.ansi.enabled": "true"}
    assert found.environment == {"PYTHONPATH": "dependencies"}
    assert found.options == ["--name", "ingest"]
    assert found.jars == ["s3://a/x.jar", "s3://a/y.jar"]
    assert found.archives == ["s3://a/p.zip#dependencies", "s3://a/c.zip#contracts"]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["hadoop", "jar"], r"'HadoopJarStep.Args\[0\]' must be spark-submit, got \"hadoop\""),
        (["spark-submit", "--conf", "x", "a.py"], "'--conf' must be key=value, got \"x\""),
        (["spark-submit", "--conf"], "'--conf' must be followed by a value"),
        (["spark-submit", "--what", "x", "a.py"], "'spark-submit option' must be a known one, got \"--what\""),
        (["spark-submit", "--name", "x"], "'application' must be a script or jar"),
    ],
)
def test_fails_when_the_arguments_are_no_submission(args: list[str], message: str) -> None:
    with pytest.raises(InvalidSubmissionError, match=message):
        submission.parse(args)


def test_the_cluster_s_defaults_are_beneath_the_step_s_own() -> None:
    export = {"Classification": "export", "Properties": {"A": "cluster", "B": "cluster"}}
    configurations: list[dict[str, Any]] = [
        {"Classification": "spark-env", "Configurations": [export]},
        {
            "Classification": "spark-defaults",
            "Properties": {
                "spark.sql.ansi.enabled": "false",
                "spark.sql.session.timeZone": "UTC",
                "spark.executor.cores": "4",
                "spark.jars": "/usr/share/aws/iceberg/lib/iceberg.jar,s3://a/z.jar",
                "spark.yarn.appMasterEnv.B": "defaults",
            },
        },
    ]
    found = release.over(release.defaults(configurations), submission.parse(ARGS))
    assert found.conf == {"spark.sql.ansi.enabled": "true", "spark.sql.session.timeZone": "UTC"}
    assert found.environment == {"A": "cluster", "B": "defaults", "PYTHONPATH": "dependencies"}
    assert found.jars == ["s3://a/z.jar", "s3://a/x.jar", "s3://a/y.jar"]


@pytest.mark.parametrize(
    ("enabled", "expected"), [("true", ["hadoop.jar", "iceberg-x.jar"]), ("false", ["hadoop.jar"])]
)
def test_a_table_format_s_jars_are_given_where_the_cluster_enables_it(
    tmp_path: Path, enabled: str, expected: list[str]
) -> None:
    for name in ("iceberg-x.jar", "delta-y.jar", "hadoop.jar"):
        (tmp_path / name).touch()
    configurations = [{"Classification": "iceberg-defaults", "Properties": {"iceberg.enabled": enabled}}]
    assert [jar.name for jar in release.release_jars((tmp_path,), configurations)] == expected


def test_the_command_holds_no_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "real")
    monkeypatch.setenv("LAKEHOUSE_LOCAL_RUN", "mark")
    monkeypatch.setenv("LAKEHOUSE_PUSHGATEWAY", "127.0.0.1:9091")
    spark = SparkConfig(Path("/spark"), Path("/python"), None, ())
    made = launch.build(
        EmulatorConfig(4566, tmp_path, spark=spark), spark, submission.parse(ARGS), [Path("/r/a.jar")], tmp_path
    )
    command = " ".join(made.argv)
    assert "test" not in command.replace(str(tmp_path), "")
    assert "real" not in made.environment.values()
    assert made.environment["LAKEHOUSE_LOCAL_RUN"] == "mark", "the launcher finds a killed endpoint's Spark by it"
    assert made.environment["LAKEHOUSE_PUSHGATEWAY"] == "127.0.0.1:9091"
    assert made.environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert made.argv[-5:] == ["s3://a/main.py", "--environment", "dev", "--conf", "mine"]
    assert made.argv[made.argv.index("--driver-class-path") + 1] == "/r/a.jar"
    assert made.environment["SPARK_DIST_CLASSPATH"] == "s3://a/x.jar:s3://a/y.jar"


def test_a_driver_starts_fast_and_has_room_for_compiled_code(tmp_path: Path) -> None:
    spark = SparkConfig(Path("/spark"), Path("/python"), None, ())
    made = launch.build(EmulatorConfig(4566, tmp_path, spark=spark), spark, submission.parse(ARGS), [], tmp_path)
    options = made.argv[made.argv.index("--driver-java-options") + 1].split()
    assert "-XX:TieredStopAtLevel=1" in options
    assert "-XX:ReservedCodeCacheSize=240m" in options, "by itself C1 has 48 MB, which a run of dbt fills"


def test_a_driver_uses_the_recorded_classes_where_there_are_some(tmp_path: Path) -> None:
    classes = tmp_path / "spark.jsa"
    spark = SparkConfig(Path("/spark"), Path("/python"), None, (), classes=classes)

    def java_options() -> str:
        made = launch.build(EmulatorConfig(4566, tmp_path, spark=spark), spark, submission.parse(ARGS), [], tmp_path)
        return made.argv[made.argv.index("--driver-java-options") + 1]

    assert "SharedArchiveFile" not in java_options()
    classes.touch()
    assert f"-XX:SharedArchiveFile={classes}" in java_options()


@pytest.mark.parametrize(
    ("stdout", "stderr", "expected"),
    [
        ('{"level": "ERROR", "message": "no column gate"}\nbye', "", "no column gate"),
        ("Traceback (most recent call last):\n  File x\nValueError: bad", "", "ValueError: bad"),
        ("", "24/01/01 00:00:00 INFO x\njava.io.IOException: full", "java.io.IOException: full"),
        ("", "24/01/01 00:00:00 INFO x\nlast words", "last words"),
        ("", "", "exit code 3"),
    ],
)
def test_the_reason_is_what_the_application_said(tmp_path: Path, stdout: str, stderr: str, expected: str) -> None:
    (tmp_path / "stdout").write_text(stdout)
    (tmp_path / "stderr").write_text(stderr)
    assert failure.reason(tmp_path, 3) == expected
