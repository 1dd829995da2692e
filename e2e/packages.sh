#!/bin/sh
# Brings the programs named that are not there, as Debian packages, where it may; else says what to run.
# No package starts a daemon of its own: tests start what they need, and end it.
# usage: packages.sh PROGRAM... ; exits with 69 (unavailable) when one is still missing.

set -eu

# Where Debian puts programs that are not for people: plugins of container networks.
PATH=$PATH:/usr/sbin:/sbin:/usr/lib/cni
missing=''
for program in "$@"; do
  command -v "$program" >/dev/null && continue
  case $program in
    busybox) missing="$missing busybox-static" ;;
    etcd) missing="$missing etcd-server" ;;
    host-local) missing="$missing containernetworking-plugins" ;;
    ip) missing="$missing iproute2" ;;
    nft) missing="$missing nftables" ;;
    nginx) missing="$missing nginx-light" ;;
    nsenter) missing="$missing util-linux" ;;
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
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  printf '#!/bin/sh\n# Not now, says the installer of packages: start no service.\nexit 101\n' >$policy
  chmod +x $policy
  trap 'rm -f $policy' EXIT
fi
# A mirror that breaks off, or another installer of the machine that is at work, must not cost a run.
get() {
  DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 "$@" >/dev/null
}
get update || { sleep 10 && get update; }
# shellcheck disable=SC2086 # a list of names
get install -y --no-install-recommends $missing
