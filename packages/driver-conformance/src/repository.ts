import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ConformanceContext } from './behaviour.ts'

const author = ['-c', 'user.name=Conformance', '-c', 'user.email=conformance@example.invalid']
const plain = [
  ...author,
  '-c',
  'commit.gpgsign=false',
  '-c',
  'init.defaultBranch=main',
  '-c',
  'protocol.file.allow=always',
]

/** Runs git on the host. */
export async function gitOnHost(
  context: ConformanceContext,
  cwd: string,
  ...args: string[]
): Promise<string> {
  return context.hostProcesses.run('git', [...plain, ...args], cwd)
}

/** Variables that make git work in a sandbox with an empty home. */
export const gitEnvironment: Readonly<Record<string, string>> = {
  GIT_AUTHOR_NAME: 'Conformance',
  GIT_AUTHOR_EMAIL: 'conformance@example.invalid',
  GIT_COMMITTER_NAME: 'Conformance',
  GIT_COMMITTER_EMAIL: 'conformance@example.invalid',
  GIT_CONFIG_COUNT: '1',
  GIT_CONFIG_KEY_0: 'protocol.file.allow',
  GIT_CONFIG_VALUE_0: 'always',
}

/** Makes a repository with one commit, and user settings in its own configuration. */
export async function makeRepository(context: ConformanceContext, path: string): Promise<string> {
  await mkdir(path, { recursive: true })
  await gitOnHost(context, path, 'init', '--quiet')
  await writeFile(join(path, 'tracked'), 'one\n')
  await gitOnHost(context, path, 'add', '.')
  await gitOnHost(context, path, 'commit', '--quiet', '-m', 'first')
  return path
}

/** A repository with one inside it, a worktree and a submodule: every place that git reads settings from. */
export interface Repositories {
  /** The folder to mount; everything else lies in it. */
  readonly root: string
  readonly main: string
  readonly nested: string
  readonly worktree: string
  /** The submodule's folder in `main`. */
  readonly submodule: string
}

/** Makes all four below `workDir/root`. */
export async function makeRepositories(context: ConformanceContext): Promise<Repositories> {
  const root = await context.folder('root')
  const main = await makeRepository(context, join(root, 'main'))
  const nested = await makeRepository(context, join(root, 'deep/er/nested'))
  const library = await makeRepository(context, join(root, 'library'))
  await gitOnHost(context, main, 'submodule', '--quiet', 'add', library, 'vendored')
  await gitOnHost(context, main, 'commit', '--quiet', '-m', 'vendor')
  await gitOnHost(context, main, 'worktree', 'add', '--quiet', join(root, 'tree'), '-b', 'tree')
  return { root, main, nested, worktree: join(root, 'tree'), submodule: join(main, 'vendored') }
}
