"""Which names are those of AWS services, without three seconds in which the endpoint answers nobody.

It asks when a request is signed for a service that it does not know, such as EMR Serverless; to answer it reads the
models of all services, as some sign by another name than their own. Most names are known without.
"""

from __future__ import annotations

import botocore.session
from ministack.core import router


def install() -> None:
    """Look among the services' own names first."""
    names = frozenset(botocore.session.get_session().get_available_services())
    stock = router._is_aws_service_name
    router._is_aws_service_name = lambda scope_name: scope_name in names or stock(scope_name)
