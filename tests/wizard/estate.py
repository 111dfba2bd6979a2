"""The small estate that tests of the wizard ask about, and a sitting with answers from a list."""

from __future__ import annotations

from pathlib import Path

from migrate.graph import build_graph
from migrate.model.finding import Finding
from migrate.model.graph import ReleaseGraph
from migrate.model.plan import Plan
from migrate.plan import check_plan, dump_plan, load_plan, propose_plan
from migrate.wizard import Asker, ScriptedAsker, run_wizard
from tests.small_estates import DEPLOYMENT, Small, small_estate

CONFIG = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"
RELEASES = (
    Small("argocd/argocd", DEPLOYMENT, "00-argocd", chart="argo/argo-cd"),
    Small("kube-system/coredns-settings-with-a-long-name", CONFIG, "18-coredns-config"),
    Small("web/front", DEPLOYMENT, "70-apps"),
    Small("web/back", DEPLOYMENT, "70-apps", needs=("web/front",)),
    Small("web/checks", DEPLOYMENT, "80-more-services"),
)


class Asked:
    """An estate, what may be proposed for it, and what does not hold in a plan of it."""

    def __init__(self, releases: tuple[Small, ...] = RELEASES) -> None:
        self.estate, rendered = small_estate(releases)
        self.graph: ReleaseGraph = build_graph(self.estate, rendered)[0]

    def propose(self, decided: Plan | None) -> Plan:
        return propose_plan(self.estate, self.graph, decided)

    def check(self, plan: Plan) -> tuple[Finding, ...]:
        return check_plan(plan, self.estate, self.graph)

    def sit(self, asker: Asker, path: Path) -> Plan:
        """One sitting over the file at ``path``, as the command has it."""
        decided = load_plan(path.read_text(), "migration.yaml") if path.exists() else None
        return run_wizard(
            self.propose(decided),
            self.graph,
            asker,
            save=lambda plan: self._write(path, plan),
            propose=self.propose,
            check=self.check,
            on_disk=decided,
        )

    def _write(self, path: Path, plan: Plan) -> None:
        path.write_text(dump_plan(plan, path.read_text() if path.exists() else None))


SMALL = Asked()


class Sitting:
    """One run of the wizard with given answers, and everything that it saved."""

    def __init__(
        self, *answers: str, start: Plan | None = None, on_disk: Plan | None = None, asked: Asked = SMALL
    ) -> None:
        self.asker = ScriptedAsker(answers)
        self.saved: list[Plan] = []
        self.interrupted = False
        self.plan = start or asked.propose(on_disk)
        try:
            self.plan = run_wizard(
                self.plan,
                asked.graph,
                self.asker,
                save=self.saved.append,
                propose=asked.propose,
                check=asked.check,
                on_disk=on_disk,
            )
        except KeyboardInterrupt:
            self.interrupted = True
            self.plan = self.saved[-1] if self.saved else self.plan

    @property
    def text(self) -> str:
        return "\n".join(self.asker.shown)

    @property
    def said(self) -> str:
        """What was shown, as one line, so that a test need not know where it was folded."""
        return " ".join(self.text.split())

    @property
    def asked(self) -> list[str]:
        """The questions, without how far one is."""
        return [question.split(" (")[0].rstrip(":") for question in self.asker.asked]
