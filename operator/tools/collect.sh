#!/bin/sh
# Puts nft, the libraries that it loads and the names that it knows under a folder: all that the image holds.
# usage: collect.sh FOLDER

set -eu
PATH=$PATH:/usr/sbin:/sbin
nft=$(command -v nft)
mkdir -p "$1/usr/sbin"
cp -L "$nft" "$1/usr/sbin/nft"
# /etc/protocols says what icmp is; the loader of libraries is among the libraries.
for file in /etc/protocols $(ldd "$nft" | grep -o '/[^ ]*'); do
  cp -L --parents "$file" "$1"
done
