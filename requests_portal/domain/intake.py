"""What a person tells us when they file a request."""

from dataclasses import dataclass
from datetime import datetime

from requests_portal.domain.porting import Wish
from requests_portal.domain.representing import Representation
from requests_portal.domain.rights import Channel, Right


@dataclass(frozen=True, kw_only=True)
class Intake:
    """A request as it reached the house; identifiers are already normalised."""

    right: Right
    channel: Channel
    language: str
    entity_code: str
    received_at: datetime
    name: str
    #: Empty where the person is written to by post; then `postal_address` is not.
    email: str
    postal_address: str = ""
    phone: str = ""
    customer_number: str = ""
    about: str = ""
    choice: str = ""
    #: Erasure: tell the person when what is kept has been erased too.
    tell_when_gone: bool = False
    #: Where somebody speaks for another; `name` and `email` are their own then.
    representation: Representation | None = None
    #: Portability: where the data is to go; None: to the person.
    porting: Wish | None = None
