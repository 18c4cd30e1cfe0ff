import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const fixtures = fileURLToPath(new URL('../../fixtures', import.meta.url))

/** A folder on the host that is removed when it is disposed of. */
export interface TemporaryFolder extends Disposable {
  readonly path: string
}

/**
 * A copy of the small project, as a git repository with one commit, at `<path>/my-project`. Like many, it
 * has a `.env` that git does not know of.
 */
export function smallProject(): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), 'caisson-example-'))
  const project = join(path, 'my-project')
  cpSync(join(fixtures, 'small-project'), project, { recursive: true })
  git(project, 'init', '--quiet')
  writeFileSync(join(project, '.git', 'info', 'exclude'), '.env\n')
  writeFileSync(join(project, '.env'), 'TOKEN=planted\n')
  git(project, 'add', '.')
  git(project, 'commit', '--quiet', '--message', 'start')
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** Runs git in a folder, as nobody in particular, and returns what it printed. */
export function git(folder: string, ...args: readonly string[]): string {
  const who = ['-c', 'user.name=Caisson', '-c', 'user.email=nobody@localhost']
  return execFileSync('git', ['-C', folder, ...who, ...args], { encoding: 'utf8' })
}

/** The file of a fixture. */
export function fixture(name: string): string {
  return join(fixtures, name)
}
