"""`lakehouse plan` as a user runs it, and the tables of an endpoint as somebody else changes them."""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyiceberg.catalog.glue import GlueCatalog

from tests.support import LOCAL, REGION, Endpoint
from tests.synthesized import Assembly
from tests.templates import Template

RESTORED = ("Name", "TableType", "Parameters", "StorageDescriptor")


@dataclass(frozen=True)
class Planned:
    """What a plan said."""

    code: int
    text: str
    error: str

    @property
    def json(self) -> Any:
        """The plan for programs."""
        return json.loads(self.text)

    def line(self, table: str) -> str:
        """The line of a table, with one space where there are more."""
        return next(" ".join(line.split()) for line in self.text.splitlines() if line.startswith(f"{table} "))


class Edited:
    """The templates of an assembly, by the tables in them: `zone.table`."""

    def __init__(self, templates: list[Template]) -> None:
        self.templates = templates

    def input(self, label: str) -> Template:
        """The `IcebergInput` of a table."""
        found: Template = self._place(label)[2]["Properties"]["OpenTableFormatInput"]["IcebergInput"]
        return found

    def table(self, label: str) -> Template:
        """The `IcebergTableInput` of a table."""
        found: Template = self.input(label)["IcebergTableInput"]
        return found

    def columns(self, label: str) -> list[Template]:
        """The columns of a table."""
        found: list[Template] = self.table(label)["Schema"]["Fields"]
        return found

    def column(self, label: str, name: str) -> Template:
        """A column of a table."""
        return next(column for column in self.columns(label) if column["Name"] == name)

    def copy(self, label: str, name: str) -> None:
        """Declare another table that is like one."""
        template, _, body = self._place(label)
        other = copy.deepcopy(body)
        other["Properties"]["Name"] = name
        template["Resources"][f"Copy{name}"] = other

    def rename(self, label: str, logical_id: str) -> None:
        """Declare a table under another logical id."""
        template, key, _ = self._place(label)
        template["Resources"][logical_id] = template["Resources"].pop(key)

    def drop(self, label: str) -> None:
        """Declare a table no more."""
        template, key, _ = self._place(label)
        del template["Resources"][key]

    def _place(self, label: str) -> tuple[Template, str, Template]:
        zone, name = label.split(".")
        return next(
            (template, key, body)
            for template in self.templates
            for key, body in template["Resources"].items()
            if body["Type"] == "AWS::Glue::Table"
            and body["Properties"]["Name"] == name
            and body["Properties"]["DatabaseName"].endswith(f"_{zone}")
        )


class Planner:
    """Plans of an assembly against an endpoint."""

    def __init__(self, endpoint: Endpoint, assembly: Assembly, folder: Path) -> None:
        self.endpoint = endpoint
        self.assembly = assembly
        self.folder = folder
        self.program = bundled(folder)
        self.catalog = GlueCatalog(
            "lake",
            client=endpoint.client("glue"),
            **{
                "s3.endpoint": endpoint.url,
                "s3.access-key-id": "test",
                "s3.secret-access-key": "test",
                "s3.region": REGION,
                "s3.force-virtual-addressing": "false",
            },
        )

    def plan(self, *more: str, assembly: Path | None = None) -> Planned:
        """Run the command."""
        command = ["plan", self.environment, "--endpoint", self.endpoint.url]
        return self.run(*command, "--assembly", str(assembly or self.assembly.folder), *more)

    def run(self, *arguments: str) -> Planned:
        """Run the command line in the folder of the tests."""
        command = ["node", str(self.program), *arguments]
        env = {**os.environ, "NODE_PATH": str(LOCAL.parent / "node_modules")}
        ended = subprocess.run(
            command, cwd=self.folder, env=env, capture_output=True, text=True, timeout=120, check=False
        )
        return Planned(ended.returncode, ended.stdout, ended.stderr)

    @property
    def environment(self) -> str:
        """The environment of the assembly."""
        return self.assembly.name.removeprefix("Lakehouse-")

    def edited(self, name: str, edit: Callable[[Edited], None]) -> Path:
        """The assembly with some tables declared in another way."""
        folder = self.folder / name
        folder.mkdir()
        for path in self.assembly.folder.glob("*.json"):
            shutil.copy(path, folder)
        templates = {path: json.loads(path.read_text()) for path in folder.glob("*.template.json")}
        edit(Edited(list(templates.values())))
        for path, template in templates.items():
            path.write_text(json.dumps(template))
        return folder

    @contextmanager
    def restored(self, label: str) -> Iterator[tuple[str, str]]:
        """Database and name of a table that may be changed in any way: it is as before afterwards."""
        zone, name = label.split(".")
        database, glue = f"lakehouse_{self.environment}_{zone}", self.endpoint.client("glue")
        found = glue.get_table(DatabaseName=database, Name=name)["Table"]
        before = {key: found[key] for key in RESTORED}
        optimizer = {
            "CatalogId": self.assembly.account,
            "DatabaseName": database,
            "TableName": name,
            "Type": "compaction",
        }
        compaction = glue.get_table_optimizer(**optimizer)["TableOptimizer"]["configuration"]
        try:
            yield database, name
        finally:
            with suppress(glue.exceptions.EntityNotFoundException):
                glue.delete_table(DatabaseName=database, Name=name)
            glue.create_table(DatabaseName=database, TableInput=before)
            glue.update_table_optimizer(**optimizer, TableOptimizerConfiguration=compaction)


def bundled(folder: Path) -> Path:
    """The command line in one file, as the package has it: what starts dozens of times should start fast."""
    root, program = LOCAL.parent, folder / "dist" / "bin" / "lakehouse.js"
    # what it reads of the package lies beside it
    (folder / "lib").symlink_to(root / "lib")
    form = ["--bundle", "--platform=node", "--format=cjs", "--log-level=warning"]
    outside = [f"--external:{name}" for name in ("aws-cdk-lib", "aws-cdk-lib/*", "constructs", "pg-native")]
    esbuild, entry = root / "node_modules/esbuild/bin/esbuild", root / "bin/lakehouse.ts"
    subprocess.run([esbuild, entry, f"--outfile={program}", *form, *outside], cwd=root, check=True, timeout=120)
    return program
