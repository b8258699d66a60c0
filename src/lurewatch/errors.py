"""What can go wrong at the edge: each message names the input and says what to do."""


class LurewatchError(Exception):
    """
    An error a person can act on.

    The command line prints its message as one line and ends with `exit_code`; the console shows
    it on a page; the spiders log it. Anything else that rises is a fault of ours.
    """

    exit_code = 1


class SettingsError(LurewatchError):
    """A setting is missing or cannot be read."""

    exit_code = 2


class InputError(LurewatchError):
    """A file or an argument cannot be read as what it should be."""

    exit_code = 2


class StoreError(LurewatchError):
    """The database cannot be used: newer than this program, locked, full or out of reach."""


class NotAllowedError(LurewatchError):
    """What was asked for breaks a rule of the work: an unconfirmed takedown, a wrong role."""
