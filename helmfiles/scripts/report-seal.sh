#!/bin/sh
# Says whether Vault is sealed; the release vault-bootstrap unseals it.
set -eu
kubectl --namespace "$1" exec "$2-0" -- vault status || [ $? -eq 2 ]
