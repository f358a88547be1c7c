#!/bin/sh
# Run one of the image's two commands as given. exec, so that the stop signal reaches it.
set -eu
case "${1-}" in
    freqtrade | plimsoll) exec "$@" ;;
esac
echo "expected a freqtrade or plimsoll command, found \"$*\"; run: plimsoll --help" >&2
exit 2
