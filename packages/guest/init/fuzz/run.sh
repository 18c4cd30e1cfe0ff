#!/bin/sh
# Builds each fuzz target with clang's libFuzzer and the address and undefined-behaviour sanitizers, and runs it for a
# bounded time: fuzz/run.sh [seconds each, default 30] [target ...]
set -eu
cd "$(dirname "$0")"
seconds=${1:-30}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- frames rules setup tar-in sentinel
out=../build/fuzz
mkdir -p "$out"

sources=$(ls ../*.c | grep -v '/main\.c$')
for target in "$@"; do
  # shellcheck disable=SC2086
  clang -std=c11 -g -O1 -Wall -Wextra -Werror -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
    -ffunction-sections -Wl,--gc-sections -o "$out/$target" "$target.c" $sources
done

sh ./seeds.sh "$out"
for target in "$@"; do
  echo "== $target, $seconds s"
  "$out/$target" -max_total_time="$seconds" -max_len=16384 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
    -artifact_prefix="$out/$target-" "$out/corpus-$target" >"$out/$target.log" 2>&1 ||
    { tail -n 40 "$out/$target.log"; exit 1; }
  grep -E 'stat::number_of_executed_units|DONE' "$out/$target.log"
done
