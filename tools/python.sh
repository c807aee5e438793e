#!/bin/sh
# Finds a Python of at least 3.11 and runs the given script with it.
# PYTHON=/path/to/python chooses one; otherwise the first suitable one on the PATH is taken.

suitable='import sys; sys.exit(sys.version_info < (3, 11))'
complete='import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))'

stop() {
    printf '%s\n' "$1" >&2
    exit 1
}

if [ -n "${PYTHON:-}" ]; then
    command -v "$PYTHON" >/dev/null 2>&1 ||
        stop "PYTHON is set to '$PYTHON', which is not a program on this machine."
    "$PYTHON" -c "$suitable" 2>/dev/null ||
        stop "ToxiGuard needs Python 3.11 or newer, but PYTHON is set to '$PYTHON', which says: $("$PYTHON" --version 2>&1 | head -n 1)."
    exec "$PYTHON" "$@"
fi

candidates='python3 python3.14 python3.13 python3.12 python3.11 python'
for test in "$complete" "$suitable"; do
    for name in $candidates; do
        # (a version manager's stand-in may be on the PATH without anything behind it)
        if "$name" -c "$test" >/dev/null 2>&1; then
            exec "$name" "$@"
        fi
    done
done

found=$( (python3 --version || python --version) 2>/dev/null | head -n 1)
stop "ToxiGuard needs Python 3.11 or newer, but found ${found:-no Python at all}; install it (on Debian and Ubuntu: apt install python3 python3-venv) or name one with PYTHON=/path/to/python3.11."
