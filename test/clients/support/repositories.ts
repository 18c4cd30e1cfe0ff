import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'

/** Options by which git knows whose commits it makes. */
export const author: readonly string[] = ['-c', 'user.name=A', '-c', 'user.email=a@good.test']

/** Runs git on the host, and returns what it prints. */
export function git(cwd: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd, encoding: 'utf8' })
}

/** Makes a bare repository, into which can be pushed, with one commit. */
export function makeRepository(path: string): void {
  git(tmpdir(), 'init', '-q', '--bare', '-b', 'main', path)
  git(path, 'config', 'http.receivepack', 'true')
  commitTo(path, 'first')
}

/** Adds a commit without files to `main` of a bare repository. */
export function commitTo(path: string, subject: string): void {
  const tree = git(path, 'hash-object', '-w', '-t', 'tree', '/dev/null').trim()
  const tips = git(path, 'for-each-ref', '--format=%(objectname)', 'refs/heads/main').split('\n')
  const parents = tips.filter((tip) => tip !== '').flatMap((tip) => ['-p', tip])
  const made = git(path, ...author, 'commit-tree', tree, ...parents, '-m', subject).trim()
  git(path, 'update-ref', 'refs/heads/main', made)
}
