"""The command line's subcommands, one file each; `manage.py` gathers them."""


class Refusal(Exception):
    """A command that will not do what was asked; its text is one sentence, its exit status 2."""
