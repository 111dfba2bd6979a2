"""What helmfile's own commands print, as pure functions over state files that were read.

Neither reads nor renders: the command line hands over what ``read`` and ``render`` gave, and writes what comes back.
"""

from migrate.helmfile.build import build_document
from migrate.helmfile.choose import NeedsPlan, choose_selected, choose_written, plan_template
from migrate.helmfile.helm_arguments import HelmArguments, parse_helm_arguments
from migrate.helmfile.listing import list_json, list_table
from migrate.helmfile.manifests import HelmOutputOptions, output_files, printed_manifests, shown_manifests
from migrate.helmfile.not_run import programs_not_run
from migrate.helmfile.outputs import DEFAULT_VALUES_FILE, default_output_dir, output_path, standing_folder
from migrate.helmfile.written import written_values

__all__ = [
    "DEFAULT_VALUES_FILE",
    "HelmArguments",
    "HelmOutputOptions",
    "NeedsPlan",
    "build_document",
    "choose_selected",
    "choose_written",
    "default_output_dir",
    "list_json",
    "list_table",
    "output_files",
    "output_path",
    "parse_helm_arguments",
    "plan_template",
    "printed_manifests",
    "programs_not_run",
    "shown_manifests",
    "standing_folder",
    "written_values",
]
