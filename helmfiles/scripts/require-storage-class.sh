#!/bin/sh
# A claim for a storage class that is not there waits for ever: better to stop before.
set -eu
kubectl get storageclass "$1" >/dev/null || {
  echo "storage class $1 is missing: run layer 18-coredns-config first" >&2
  exit 1
}
