"""Plan → Plan with a person's answers: the same decisions as ``plan``, asked layer by layer."""

from migrate.wizard.asker import Asker, Option
from migrate.wizard.lines import is_settled
from migrate.wizard.numbered import NumberedAsker
from migrate.wizard.scripted import ScriptedAsker
from migrate.wizard.terminal import TerminalAsker, terminal_asker
from migrate.wizard.walk import run_wizard

__all__ = [
    "Asker",
    "NumberedAsker",
    "Option",
    "ScriptedAsker",
    "TerminalAsker",
    "is_settled",
    "run_wizard",
    "terminal_asker",
]
