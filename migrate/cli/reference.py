"""The reference page of the commands, written from the commands themselves."""

from __future__ import annotations

from typing import Any

import click


def commands_markdown(group: click.Group) -> str:
    """One section a command: its help as the terminal shows it, 100 columns wide."""
    parts = ["# Commands\n\nWritten from the program (`make reference`); a test holds it to that.\n", "\n## migrate\n"]
    with click.Context(group, info_name="migrate", **group.context_settings) as parent:
        parts.append(_help(group, "migrate", help_option_names=parent.help_option_names))
        for name in group.list_commands(parent):
            command = group.get_command(parent, name)
            if command is not None and not command.hidden:
                parts.append(f"\n## migrate {name}\n")
                parts.append(_help(command, name, parent))
                parts += _inner(command, name, parent)
    return "".join(parts)


def _inner(command: click.Command, name: str, parent: click.Context) -> list[str]:
    """The commands of a command, one section each."""
    if not isinstance(command, click.Group):
        return []
    with click.Context(command, info_name=name, parent=parent) as context:
        return [
            f"\n## migrate {name} {inner}\n{_help(found, inner, context)}"
            for inner in command.list_commands(context)
            if (found := command.get_command(context, inner)) is not None
        ]


def _help(command: click.Command, name: str, parent: click.Context | None = None, **settings: Any) -> str:
    with click.Context(command, info_name=name, parent=parent, terminal_width=100, **settings) as context:
        return f"\n```text\n{command.get_help(context).rstrip()}\n```\n"
