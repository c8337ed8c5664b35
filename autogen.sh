#!/bin/sh
# Makes `configure` from configure.ac. Run once after a clone and whenever that file changes. Takes options of autoreconf.
set -e
cd "$(dirname "$0")"
mkdir -p build-aux m4
exec autoreconf --install --force --warnings=all,no-obsolete "$@"
