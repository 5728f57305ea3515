"""The errors that Regency raises on purpose.

Every message says what happened and what to do about it. The command line turns each into one
line on standard error and the exit code of its class.

    RegencyError                 1
    ├── BadInput                 2   the user gave something that cannot be used
    │   ├── ConfigError          2   regency.toml is missing, broken or inconsistent
    │   └── RepositoryError      2   git, or the state of the user's repository
    ├── Refused                  3   policy says no
    │   ├── SandboxError         3   the sandbox cannot give the isolation that was asked for
    │   └── LabBusy              3   another process runs this lab
    ├── LedgerError              1   the record is damaged, or was tampered with
    ├── NothingLeft              1   an agent has nothing to propose on this parent
    ├── Unreadable               1   a model's answer holds no edit that is sure
    └── TrialError               1   one candidate's fault: becomes its verdict, never ends a run
"""


class RegencyError(Exception):
    """Base of all errors raised on purpose; ``exit_code`` is what the command line returns."""

    exit_code = 1


class BadInput(RegencyError):
    """Something the user gave cannot be used."""

    exit_code = 2


class ConfigError(BadInput):
    """``regency.toml`` is missing, broken or inconsistent."""


class RepositoryError(BadInput):
    """Git failed, or the repository is not in a state that can be worked with."""


class Refused(RegencyError):
    """Policy says no."""

    exit_code = 3


class SandboxError(Refused):
    """The sandbox cannot give the isolation that was asked for."""


class LabBusy(Refused):
    """Another process runs this lab."""


class LedgerError(RegencyError):
    """The record is damaged, or was tampered with."""


class NothingLeft(RegencyError):
    """An agent has nothing to propose on this parent; another agent or parent may have."""


class Unreadable(RegencyError):
    """A model's answer holds no edit that is sure; the message is for the model's second try."""


class TrialError(RegencyError):
    """One candidate's fault: it becomes that candidate's verdict and never ends a run."""
