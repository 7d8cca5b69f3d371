#!/usr/bin/env bash
# Installs check-backprop into Gradescope's container: from a wheel beside this script, else from the package index.
set -euo pipefail
root=${AUTOGRADER_ROOT:-/autograder}
python=${CHECK_BACKPROP_PYTHON:-python3}
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  apt-get update
  apt-get install -y python3.11 python3.11-venv
  python=python3.11
fi
"$python" -m venv "$root/check-backprop"
shopt -s nullglob
wheels=("$root"/source/check_backprop-*.whl)
"$root/check-backprop/bin/pip" install --quiet "${wheels[0]:-check-backprop}"
