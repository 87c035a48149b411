"""The table from CloudFormation type to handler: the endpoint's own, ours over it, and recording for the rest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from emulator.provisioner import Provisioner
from emulator.recorded import Recorded, is_known

Handler = dict[str, Any]


class HandlerRegistry(dict[str, Handler]):
    """Takes the place of the endpoint's registry; an AWS type nobody handles gets a recording handler on first use."""

    def __init__(self, stock: dict[str, Handler], provisioners: Iterable[Provisioner]) -> None:
        super().__init__(stock)
        self.ours = {p.resource_type: p for p in provisioners}
        self.update({name: provisioner.handler() for name, provisioner in self.ours.items()})

    def __contains__(self, resource_type: object) -> bool:
        return super().__contains__(resource_type) or (isinstance(resource_type, str) and is_known(resource_type))

    def __getitem__(self, resource_type: str) -> Handler:
        found: Handler | None = self.get(resource_type)
        if found is None:
            raise KeyError(resource_type)
        return found

    def get(self, resource_type: str, default: Any = None) -> Any:
        """The handler of a type, made on the spot for a type that is only recorded."""
        if not super().__contains__(resource_type):
            if not is_known(resource_type):
                return default
            self[resource_type] = Recorded(resource_type).handler()
        return super().__getitem__(resource_type)
