import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Lists every option that the driver needs, as the help of bwrap 0.8 does. */
export const helpText =
  '--args --as-pid-1 --cap-add --chdir --die-with-parent --file --json-status-fd --new-session --perms --size --unshare-cgroup'

/** A folder that goes away with the test. */
export function temporaryFolder(): { path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), 'caisson-test-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** A program that answers `--help` and `--version` like bwrap and fails to start with a text. */
export function fakeBwrap(
  folder: string,
  answer: { help?: string; version?: string; error?: string },
): string {
  const path = join(folder, 'bwrap')
  const lines = [
    '#!/bin/sh',
    'case "$1" in',
    `--help) echo '${answer.help ?? helpText}'; exit 0 ;;`,
    `--version) echo '${answer.version ?? 'bubblewrap 0.8.0'}'; exit 0 ;;`,
    'esac',
    `cat >&2 <<'TEXT'`,
    answer.error ?? 'bwrap: unknown',
    'TEXT',
    'exit 1',
  ]
  writeFileSync(path, `${lines.join('\n')}\n`)
  chmodSync(path, 0o755)
  return path
}
