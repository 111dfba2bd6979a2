"""The config management plugin that runs helmfile: its manifest, and the sidecar that a person adds to Argo CD."""

from __future__ import annotations

from migrate.doors.yaml import dump_yaml
from migrate.emit.appsets import ARGOCD_NAMESPACE
from migrate.emit.pieces import Piece, join_pieces, yaml_piece
from migrate.model.json import JsonObject
from migrate.model.plugin import PLUGIN
from migrate.model.tree import Provenance

IMAGE = "ghcr.io/helmfile/helmfile:v1.8.0"

# Release by release, since `helmfile template` prints objects without the namespace that Helm would give them, and
# Argo CD would put all of a layer into one. Argo CD takes it away again where a kind has none.
#
# Dependencies are skipped, since helmfile would look for those of its repositories, too, which charts have in charts/;
# those that lie in the estate beside a chart are packed first.
_SCRIPT = """\
set -euo pipefail
export HOME=/tmp
file=$ARGOCD_ENV_HELMFILE_FILE environment=$ARGOCD_ENV_HELMFILE_ENVIRONMENT
printf '%s' "${ARGOCD_ENV_HELMFILE_DEPENDENCIES:-}" |
  while IFS= read -r chart || [ -n "$chart" ]; do
    helm dependency build --skip-refresh "$chart" >&2
  done
helmfile --quiet --file "$file" --environment "$environment" list --output json |
  jq -r --arg skip "${ARGOCD_ENV_HELMFILE_SKIP:-}" '
    .[] | select(.enabled and .installed)
    | (if .namespace == "" then .name else .namespace + "/" + .name end) as $id
    | select(($skip | split(" ") | index($id)) == null) | [$id, .namespace, .name] | join("|")' |
  while IFS='|' read -r id namespace name; do
    selector="name=$name"
    if [ -n "$namespace" ]; then selector="$selector,namespace=$namespace"; fi
    echo "---"
    helmfile --quiet --file "$file" --environment "$environment" --selector "$selector" \\
      template --include-crds --skip-tests --skip-deps ${KUBE_VERSION:+--kube-version "$KUBE_VERSION"} |
      NAMESPACE=${namespace:-$ARGOCD_APP_NAMESPACE} \\
      yq 'select(. != null) | .metadata.namespace = (.metadata.namespace // strenv(NAMESPACE))'
  done
"""


def make_plugin(environment: str) -> Piece:
    """``ops/helmfile-plugin.yaml`` and the patch of the repo-server; a person applies both."""
    manifest: JsonObject = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "ConfigManagementPlugin",
        "metadata": {"name": PLUGIN},
        "spec": {"generate": {"command": ["bash", "-c"], "args": [_SCRIPT]}},
    }
    config_map: JsonObject = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "helmfile-plugin", "namespace": ARGOCD_NAMESPACE},
        "data": {"plugin.yaml": dump_yaml(manifest)},
    }
    sidecar: JsonObject = {
        "name": "helmfile",
        "image": IMAGE,
        "command": ["/var/run/argocd/argocd-cmp-server"],
        "securityContext": {"runAsNonRoot": True, "runAsUser": 999},
        "volumeMounts": [
            {"mountPath": "/var/run/argocd", "name": "var-files"},
            {"mountPath": "/home/argocd/cmp-server/plugins", "name": "plugins"},
            {
                "mountPath": "/home/argocd/cmp-server/config/plugin.yaml",
                "name": "helmfile-plugin",
                "subPath": "plugin.yaml",
            },
            {"mountPath": "/tmp", "name": "helmfile-tmp"},  # noqa: S108 - inside the sidecar
        ],
    }
    patch: JsonObject = {
        "spec": {
            "template": {
                "spec": {
                    "containers": [sidecar],
                    "volumes": [
                        {"name": "helmfile-plugin", "configMap": {"name": "helmfile-plugin"}},
                        {"name": "helmfile-tmp", "emptyDir": {}},
                    ],
                }
            }
        }
    }
    folder = f"environments/{environment}/argocd/ops"
    origins = (Provenance(0, "migrate: the plugin that runs helmfile"),)
    return join_pieces(
        [
            yaml_piece(
                f"{folder}/helmfile-plugin.yaml",
                config_map,
                comment=[
                    "The plugin: what helmfile prints for a layer of an environment. Its image needs jq and yq 4.",
                    f"  kubectl -n {ARGOCD_NAMESPACE} apply -f helmfile-plugin.yaml",
                ],
                origins=origins,
            ),
            yaml_piece(
                f"{folder}/argocd-repo-server-patch.yaml",
                patch,
                comment=[
                    "The sidecar that runs it; where a chart installs Argo CD, say the same in its values.",
                    f"  kubectl -n {ARGOCD_NAMESPACE} patch deployment argocd-repo-server \\",
                    "    --patch-file argocd-repo-server-patch.yaml",
                ],
                origins=origins,
            ),
        ]
    )
