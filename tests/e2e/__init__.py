"""The proof on a cluster: the sample estate's tree rolled out by a real Argo CD, and the live objects held to `render`.

``python -m tests.e2e --help`` says how to run it; ``make e2e`` does.
"""
