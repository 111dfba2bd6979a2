"""Jobs on a real API server: a changed template is refused, a name that goes by the spec and a replacement are not.

RIG_KUBECONFIG as in test_rig_argocd; no controller is needed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.emit.test_emit_job_library import JOB, rendered

KUBECONFIG = os.environ.get("RIG_KUBECONFIG", "")
pytestmark = [
    pytest.mark.rig,
    pytest.mark.skipif(not KUBECONFIG, reason="RIG_KUBECONFIG names no cluster that may be thrown away"),
    pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not on PATH"),
]


def kubectl(*arguments: str, document: Any = None) -> subprocess.CompletedProcess[str]:
    command = ["kubectl", "--kubeconfig", KUBECONFIG, *arguments]
    text = None if document is None else json.dumps(document)
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False)


@pytest.fixture
def namespace() -> Iterator[str]:
    name = f"jobs-{uuid.uuid4().hex[:8]}"
    assert kubectl("create", "namespace", name).returncode == 0
    yield name
    kubectl("delete", "namespace", name, "--wait=false")


def made(namespace: str, **changes: Any) -> Any:
    """The library's Job in a namespace of its own."""
    document = rendered({**JOB, **changes})
    document["metadata"]["namespace"] = namespace
    return document


def test_another_spec_is_another_job_and_the_same_one_is_no_change(namespace: str) -> None:
    first, second = made(namespace), made(namespace, image="acme/migrate:1.5")
    for document in (first, first, second):
        done = kubectl("apply", "-f", "-", document=document)
        assert done.returncode == 0, done.stderr
    assert "unchanged" in kubectl("apply", "-f", "-", document=second).stdout
    names = kubectl("get", "jobs", "-n", namespace, "-o", "name").stdout.split()
    assert len(names) == 2


def test_a_job_that_keeps_its_name_can_only_be_replaced(namespace: str) -> None:
    first, second = (made(namespace, run="always", image=f"acme/migrate:{tag}") for tag in ("1", "2"))
    assert kubectl("apply", "-f", "-", document=first).returncode == 0
    refused = kubectl("apply", "-f", "-", document=second)
    assert refused.returncode != 0
    assert "field is immutable" in refused.stderr
    # What Argo CD does with Force=true,Replace=true; nothing here finishes a deletion that waits for Pods.
    replaced = kubectl("replace", "--force", "--cascade=background", "-f", "-", document=second)
    assert replaced.returncode == 0, replaced.stderr
