"""Error of a meta-feature without a value for a table."""

__all__ = ["Undefined"]


class Undefined(Exception):  # noqa: N818 - not an error: the value does not exist, and why
    """Raised by a meta-feature that has no value for this table; the text is the reason."""
