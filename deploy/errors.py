"""What can be wrong with the machine or the settings, said to the person who can mend it."""


class DeployError(Exception):
    """Shown as it is, without a traceback."""
