#!/bin/sh
# Brings the programs named that are not there, as Debian packages, where it may; else says what to run.
# usage: packages.sh PROGRAM... ; exits with 69 (unavailable) when one is still missing.

set -eu

missing=''
for program in "$@"; do
  command -v "$program" >/dev/null && continue
  case $program in
    nginx) missing="$missing nginx-light" ;;
    *) missing="$missing $program" ;;
  esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "not installed:$missing" >&2
  echo "On Debian run: sudo apt-get install -y --no-install-recommends$missing" >&2
  exit 69
fi
echo "installing$missing (Debian packages)"
apt-get update -qq
# shellcheck disable=SC2086 # a list of names
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
