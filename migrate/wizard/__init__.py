"""Plan → Plan with a person's answers: the same decisions as ``plan``, asked layer by layer."""

from migrate.wizard.answers import components, is_settled, open_count
from migrate.wizard.asker import Asker, Line, Option
from migrate.wizard.numbered import NumberedAsker
from migrate.wizard.scripted import ScriptedAsker
from migrate.wizard.terminal import TerminalAsker, terminal_asker
from migrate.wizard.walk import run_wizard

__all__ = [
    "Asker",
    "Line",
    "NumberedAsker",
    "Option",
    "ScriptedAsker",
    "TerminalAsker",
    "components",
    "is_settled",
    "open_count",
    "run_wizard",
    "terminal_asker",
]
