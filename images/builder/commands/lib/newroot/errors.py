"""The two errors that a command reports as one line instead of a traceback."""


class CommandError(Exception):
    """Something the user can act on: the message names the thing, the value and what to do."""


class UsageError(CommandError):
    """The command was called wrongly."""
