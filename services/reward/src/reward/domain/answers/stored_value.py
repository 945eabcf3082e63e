"""Values that the service stores in Redis."""

from pydantic import ConfigDict

from ratchet.contract import Value


class StoredValue(Value):
    """A value in Redis. An alias is the field's name there: state of any release is readable."""

    model_config = ConfigDict(
        validate_by_name=True, validate_by_alias=True, serialize_by_alias=True
    )
