"""The command line: one module a command group, argv in, exit code out, no logic of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import click

from migrate import __version__
from migrate.cli.options import make_console
from migrate.cli.reference import commands_markdown
from migrate.doors.collector import without_collector
from migrate.doors.secret_shapes import shown_trace
from migrate.errors import ExitCode, MigrateError

__all__ = ["cli", "run"]


_MODULES = {
    "inspect": "reading",
    "values": "reading",
    "render": "reading",
    "helmfile": "helmfile",
    "charts": "charts",
    "images": "images",
    "graph": "graphing",
    "plan": "planning",
    "wizard": "asking",
    "convert": "converting",
    "expand": "converting",
    "verify": "checking",
    "lint": "linting",
    "diff": "comparing",
    "upgrade": "comparing",
    "commit": "committing",
    "cutover": "cutting",
    "retire": "retiring",
    "status": "committing",
    "why": "tracing",
    "report": "reporting",
}
"""Command → the module that holds it, in the order of the work."""


class _LazyGroup(click.Group):
    """Imports a command's module when it is asked for: half of a short run would be imports otherwise."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*_MODULES, *self.commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _MODULES:
            return super().get_command(ctx, cmd_name)
        command: click.Command = getattr(import_module(f"migrate.cli.{_MODULES[cmd_name]}"), cmd_name)
        return command


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="migrate")
def cli() -> None:
    """From a Helmfile estate to Argo CD ApplicationSets, with a proof that both apply the same objects.

    \b
    The main job:
      migrate plan helmfiles       propose tiers and rollout phases, write migration.yaml
      migrate convert helmfiles    write the tree of ApplicationSets to out/
      migrate verify helmfiles     prove it: render both sides and compare

    Shell completion: add  eval "$(migrate completion bash)"  (or zsh, fish) to your shell's start-up file.

    Exit codes: 0 done, equal · 1 differences or errors found · 2 wrong usage · 3 estate unreadable ·
    4 answers missing · 5 refused · 70 a bug · 130 interrupted.
    """


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script for your SHELL."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is not None:
        click.echo(kind(cli, {}, "migrate", "_MIGRATE_COMPLETE").source())


_SUBJECTS = ("commands", "lint", "findings", "schema", "component", "schema-keys", "component-keys")


@click.command(hidden=True)
@click.argument("subject", type=click.Choice(_SUBJECTS), default="commands")
def reference(subject: str) -> None:
    """Print a file of docs/reference: a page, or the schema of migration.yaml or component.yaml."""
    from migrate.emit import component_schema
    from migrate.lint import rules_markdown
    from migrate.plan import plan_schema
    from migrate.report.codes import findings_markdown
    from migrate.report.schema_keys import keys_markdown

    schema = component_schema() if subject.startswith("component") else plan_schema()
    if subject.endswith("-keys"):
        file = "component.schema.json" if subject.startswith("component") else "migration.schema.json"
        text = keys_markdown(schema, file)
    elif subject in ("schema", "component"):
        text = json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
    elif subject == "findings":
        text = findings_markdown()
    else:
        text = rules_markdown() if subject == "lint" else commands_markdown(cli)
    click.echo(text, nl=False)


cli.add_command(completion)
cli.add_command(reference)


def run(arguments: Sequence[str]) -> int:
    """Run one command and give its exit code; nothing but the interpreter's own end escapes.

    Errors for people go to standard error with what to do; a bug leaves a trace file and says where.
    """
    debug = "--debug" in arguments
    console = make_console(quiet=False, color="--no-color" not in arguments and not os.environ.get("NO_COLOR"))
    try:
        with without_collector():
            code = cli.main(args=list(arguments), prog_name="migrate", standalone_mode=False)
        return int(code) if isinstance(code, int) else int(ExitCode.DONE)
    except click.ClickException as error:
        error.show()
        return int(error.exit_code)
    except (KeyboardInterrupt, click.Abort, EOFError):
        console.say("interrupted; nothing is half written")
        return int(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        return _reader_went_away()
    except MigrateError as error:
        if debug:
            sys.stderr.write(shown_trace(traceback.format_exc()))
        for finding in error.findings:
            console.finding(finding)
        console.error(error)
        return int(error.exit_code)
    except Exception:
        return _report_bug(debug=debug)


def _reader_went_away() -> int:
    """``migrate inspect | head``: stop without a word, as any filter does."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 128 + signal.SIGPIPE


def _report_bug(*, debug: bool) -> int:
    text = shown_trace(traceback.format_exc())
    if debug:
        sys.stderr.write(text)
    descriptor, name = tempfile.mkstemp(prefix="migrate-trace-", suffix=".txt")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"migrate {__version__} on Python {sys.version}\n{text}")
    last = text.strip().splitlines()[-1]
    sys.stderr.write(
        f"this is a bug in migrate, not in your estate: {last}\n"
        f"  → the trace is in {Path(name)}; it names files of your estate and no values: please report it\n"
    )
    return int(ExitCode.BUG)
