"""Commands that take their arguments as helmfile's own do: flags may be ``--flag=false`` and stand anywhere."""

from __future__ import annotations

import re
from typing import Any

import click

WRONG_ARGUMENTS = 3
"""helmfile's exit status for arguments that it does not know."""
_TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})
_FALSE = frozenset({"0", "f", "F", "false", "FALSE", "False"})


class WrongArgumentsError(click.UsageError):
    """Arguments that helmfile would not know."""

    exit_code = WRONG_ARGUMENTS


class CobraCommand(click.Command):
    """A command of helmfile; further words are ignored as helmfile ignores them."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The arguments taken apart; one that is not known ends the run as it ends helmfile."""
        words, switched_off = _without_values(self, args)
        try:
            rest = super().parse_args(ctx, words)
        except click.UsageError as error:
            raise WrongArgumentsError(error.message, error.ctx) from error
        ctx.params.update(dict.fromkeys(switched_off, False))
        return rest


class CobraGroup(click.Group):
    """The command that holds them; flags may stand in front of the subcommand."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """What stands in front of the subcommand."""
        split = _first_word(self, args)
        words, switched_off = _without_values(self, args[:split])
        rest = super().parse_args(ctx, [*words, *args[split:]])
        ctx.params.update(dict.fromkeys(switched_off, False))
        return rest

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """The subcommand; an unknown one ends the run as it ends helmfile."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            raise WrongArgumentsError(error.message, error.ctx) from error


def _without_values(command: click.Command, args: list[str]) -> tuple[list[str], list[str]]:
    """The arguments with ``--flag=true`` as ``--flag`` and without ``--flag=false``, whose names come second."""
    flags = {name: option for option in command.params for name in option.opts if _is_flag(option)}
    words: list[str] = []
    off: dict[str, None] = {}
    for word in args:
        name, equals, value = word.partition("=")
        if equals and re.fullmatch(r"-[A-Za-z]", name):
            words += [name, value]
            continue
        option = flags.get(name)
        if option is None or (equals and value not in _TRUE | _FALSE):
            words.append(word)
        elif equals and value in _FALSE:
            off[str(option.name)] = None
            words = [kept for kept in words if kept not in option.opts]
        else:
            off.pop(str(option.name), None)
            words.append(name)
    return words, list(off)


def _first_word(command: click.Command, args: list[str]) -> int:
    """The position of the first word that is neither an option nor the value of one."""
    valued = {name for option in command.params for name in option.opts if not _is_flag(option)}
    at = 0
    while at < len(args) and args[at].startswith("-"):
        at += 2 if args[at] in valued else 1
    return min(at, len(args))


def _is_flag(option: click.Parameter) -> bool:
    return isinstance(option, click.Option) and option.is_flag
