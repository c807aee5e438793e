#!/bin/sh
# Installs from Debian's packages what only the tests need: Chromium for the pages, PostgreSQL for
# the second pass, gettext for the check of the translations, openssl for certificates of a test.

packages='chromium fonts-liberation postgresql gettext openssl'

if ! command -v apt-get >/dev/null 2>&1; then
    echo "This system has no apt-get; install Chromium, PostgreSQL (14 or newer), gettext and openssl its own way." >&2
    exit 1
fi
as_root=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "Run this as root: apt-get install $packages" >&2
        exit 1
    fi
    as_root=sudo
fi
$as_root apt-get update -q || exit 1
# shellcheck disable=SC2086  # the list is meant to be split
$as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends $packages
