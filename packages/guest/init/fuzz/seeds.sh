#!/bin/sh
# A few well-formed inputs for each target: fuzz/seeds.sh FOLDER
set -eu
out=$1
for target in frames rules setup tar-in sentinel; do mkdir -p "$out/corpus-$target"; done

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/a/b"
echo text >"$tree/a/b/file"
ln -s file "$tree/a/b/link"
ln "$tree/a/b/file" "$tree/a/hard"
for format in ustar pax gnu; do tar --format=$format -C "$tree" -cf "$out/corpus-tar-in/$format" a; done

# SETUP with HIDE and LOCK; SPAWN of `true`; CALL STAT of /.
printf '\016\0\0\0\001\0\0\0\0\0\001\0\002\0\0\0\002\002\0\0\0/x\010' >"$out/corpus-frames/setup"
printf '\045\0\0\0\020\0\001\0\0\0\001\0\0\0\004\0\0\0true\0\0\0\0\001\0\0\0/\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0' \
  >"$out/corpus-frames/spawn"
printf '\007\0\0\0\060\0\001\0\0\0\001\0\001\0\0\0/' >"$out/corpus-frames/call"
printf '\003abc\201ax\002ab\001a\002bc\203cab' >"$out/corpus-rules/paths"

rule='\002\0\0\0id\0\002\0\0\0\002\0\0\0**\004\0\0\0.env'
printf "\006\001\0\0\0\007\0\0\0\002\0\0\0/w\001\0\0\0${rule}\0\0\0\0w/.env" >"$out/corpus-sentinel/one"

mounted="\001\007\0\0\0\001\0\002\0\0\0/s\002\0\0\0/w\0\0\0\0\0\0\0\0\001\0\0\0${rule}\0\0\0\0"
# DOORS on channel 6 with TCP 127.0.0.1:3128, and LOCK.
printf '\002\0\0\0\012\006\0\0\0\001\0\0\0\0\177\0\0\001\070\014\010' >"$out/corpus-setup/doors"
printf "\003\0\0\0${mounted}\004\001\0\0\0\002\0\0\0\010" >"$out/corpus-setup/mount"
