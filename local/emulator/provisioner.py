"""What a provisioner is: it creates, changes and deletes one CloudFormation type through the endpoint's AWS API."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from ministack.services.cloudformation import provisioners as stock

from emulator.aws import Properties

Provisioned = tuple[str, dict[str, Any]]
"""The physical id (what `Ref` gives) and the attributes (what `Fn::GetAtt` gives)."""


@dataclass(frozen=True)
class Identity:
    """Whose resource it is: the logical id in its stack."""

    logical_id: str
    stack: str

    def physical_name(self, max_length: int, *, lowercase: bool = False) -> str:
        """CloudFormation's own kind of name: stack, logical id, suffix; a replacement gets another."""
        return str(stock._physical_name(self.stack, self.logical_id, lowercase=lowercase, max_len=max_length))

    def successor_name(self, max_length: int) -> str:
        """Another name than before: a successor stands beside its predecessor until that one is deleted."""
        stock._NAME_SEED.set(secrets.token_hex(4))
        return self.physical_name(max_length)


class Provisioner:
    """One CloudFormation type. Without an `update` of its own a changed resource is replaced."""

    resource_type: ClassVar[str]
    tag_shape: ClassVar[str | None] = None
    """How the type's `Tags` travel (`list`, `map`), when stack-level tags reach it and the endpoint does not know."""

    def create(self, identity: Identity, properties: Properties) -> Provisioned:
        """Create the resource; raises to make CloudFormation roll back."""
        raise NotImplementedError

    def update(self, identity: Identity, physical_id: str, old: Properties, new: Properties) -> Provisioned:
        """Change in place, or create the successor: another physical id makes CloudFormation delete the old one."""
        return self.create(identity, new)

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the resource; one that is gone already is no error."""
        raise NotImplementedError

    def handler(self) -> dict[str, Any]:
        """The form the endpoint's registry wants."""

        def create(logical_id: str, properties: Properties, stack: str) -> Provisioned:
            return self.create(Identity(logical_id, stack), properties)

        def update(
            physical_id: str, old: Properties, new: Properties, stack: str, logical_id: str | None = None
        ) -> Provisioned:
            return self.update(Identity(logical_id or physical_id, stack), physical_id, old, new)

        return {"create": create, "update": update, "update_with_logical_id": True, "delete": self.delete}


class Completed(Provisioner):
    """A type the endpoint handles, not in full: its own handler runs first, then `complete` applies what it drops."""

    def __init__(self) -> None:
        self.stock: dict[str, Any] = dict(stock._RESOURCE_HANDLERS[self.resource_type])

    def complete(self, physical_id: str, properties: Properties, old: Properties) -> None:
        """Apply through the API what the endpoint's own handler leaves out; `old` is empty at creation."""
        raise NotImplementedError

    def create(self, identity: Identity, properties: Properties) -> Provisioned:
        """The endpoint's own creation, then the rest."""
        made: Provisioned = self.stock["create"](identity.logical_id, properties, identity.stack)
        self.complete(made[0], properties, {})
        return made

    def update(self, identity: Identity, physical_id: str, old: Properties, new: Properties) -> Provisioned:
        """The endpoint's own update (or replacement), then the rest."""
        update: Callable[..., Provisioned] | None = self.stock.get("update")
        if update is None:
            return self.create(identity, new)
        extra = (identity.logical_id,) if self.stock.get("update_with_logical_id") else ()
        made = update(physical_id, old, new, identity.stack, *extra)
        self.complete(made[0], new, old if made[0] == physical_id else {})
        return made

    def delete(self, physical_id: str, properties: Properties) -> None:
        """The endpoint's own deletion."""
        self.stock["delete"](physical_id, properties)
