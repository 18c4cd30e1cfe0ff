import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Behaviour } from '../behaviour.ts'
import { enforcedBy, listen } from '../observation.ts'
import { perl, printed, refused, scene, shell } from '../inside.ts'
import { makeRepositories, makeRepository } from '../repository.ts'

const area = 'protect'

/** rename(2), and not the copy that mv makes when it is refused. */
const renameProgram = 'rename($ARGV[0], $ARGV[1]) or exit 1'

/** Ways to plant something at the file `$1`, whose folder may be missing. */
const plantings: readonly string[] = [
  'echo planted > "$1"',
  'echo planted >> "$1"',
  'echo planted > "$2/new" && mv -f "$2/new" "$1"',
  'ln -sf /tmp/planted "$1"',
  'cp /bin/true "$1"',
]

/** One path of each group of the built-in list; all of them exist when the sandbox starts. */
const others: readonly string[] = [
  '.bashrc',
  '.vscode/tasks.json',
  '.claude/settings.json',
  '.github/workflows/ci.yml',
  '.husky/pre-commit',
  '.envrc',
  '.npmrc',
  '.ssh/authorized_keys',
]

const standing: readonly Behaviour[] = [
  {
    id: 'protect.start-up-files',
    area,
    title:
      'keeps files that shells, editors, agents, pipelines and tools run read-only, unless the policy says otherwise',
    timeoutMs: 60_000,
    async run(context) {
      const { project } = await scene(context)
      const paths = others.flatMap((name) => [join(project, name), join(project, 'deep/er', name)])
      for (const path of paths) {
        await mkdir(dirname(path), { recursive: true })
        await writeFile(path, 'as it was')
      }
      const mounts = [{ source: project, access: 'write' as const }]
      const guarded = await context.createSandbox({ filesystem: { mounts } })
      for (const path of paths) {
        for (const act of plantings)
          refused(await shell(guarded, act, { args: [path, project] }), `${act} at ${path}`)
        assert.equal(await readFile(path, 'utf8'), 'as it was')
      }
      const open = await context.createSandbox({
        filesystem: { mounts, protectDefaults: false },
      })
      for (const path of paths) {
        printed(await shell(open, 'echo planted > "$1"', { args: [path] }))
        assert.equal(await readFile(path, 'utf8'), 'planted\n')
      }
    },
  },
  {
    id: 'protect.defaults',
    area,
    title: 'keeps hooks and configuration of every repository, worktree and submodule read-only',
    timeoutMs: 60_000,
    async run(context) {
      const { root, main, nested, submodule } = await makeRepositories(context)
      const paths = [
        join(main, '.git/config'),
        join(main, '.git/hooks/pre-commit'),
        join(nested, '.git/config'),
        join(nested, '.git/hooks/post-checkout'),
        join(main, '.git/modules/vendored/config'),
        join(main, '.git/modules/vendored/hooks/pre-commit'),
        join(main, '.git/worktrees/tree/gitdir'),
        join(main, '.git/worktrees/tree/commondir'),
        join(root, 'tree/.git'),
        join(submodule, '.git'),
      ]
      const before = await context.host.snapshot(root)
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: root, access: 'write' }] },
      })
      printed(await shell(sandbox, 'echo x > "$1/free" && rm "$1/free"', { args: [main] }))
      for (const path of paths) {
        for (const act of plantings)
          refused(await shell(sandbox, act, { args: [path, root] }), `${act} at ${path}`)
        await sandbox.fs.writeFile(path, 'planted').catch(() => undefined)
      }
      await shell(sandbox, 'rm -f "$1/new"', { args: [root] })
      assert.deepEqual(await context.host.snapshot(root), before)
    },
  },
  {
    id: 'protect.custom',
    area,
    title: 'keeps what the policy names read-only at every depth, and readable',
    async run(context) {
      const { project } = await scene(context)
      const paths = ['locked.txt', 'a/locked.txt', 'a/b/c/locked.txt'].map((path) =>
        join(project, path),
      )
      await mkdir(join(project, 'a/b/c'), { recursive: true })
      for (const path of paths) await writeFile(path, 'locked\n')
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: project, access: 'write' }], protect: ['**/locked.txt'] },
      })
      printed(await shell(sandbox, 'echo x > "$1/a/b/c/free"', { args: [project] }))
      for (const path of paths) {
        assert.equal(printed(await shell(sandbox, 'cat "$1"', { args: [path] })), 'locked')
        for (const act of [...plantings, 'rm -f "$1"', 'mv "$1" "$1.moved"', 'chmod 777 "$1"']) {
          refused(await shell(sandbox, act, { args: [path, project] }), `${act} at ${path}`)
        }
        assert.equal(await readFile(path, 'utf8'), 'locked\n')
      }
    },
  },
  {
    id: 'protect.off',
    area,
    title: 'protects nothing by default when the policy switches the defaults off',
    async run(context) {
      const project = await makeRepository(context, join(context.workDir, 'project'))
      const mounts = [{ source: project, access: 'write' as const }]
      const open = await context.createSandbox({ filesystem: { mounts, protectDefaults: false } })
      printed(await shell(open, 'echo "# added" >> "$1/.git/config"', { args: [project] }))
      const closed = await context.createSandbox({ filesystem: { mounts } })
      refused(
        await shell(closed, 'echo "# added" >> "$1/.git/config"', { args: [project] }),
        'changing .git/config',
      )
    },
  },
  {
    id: 'protect.ancestor-rename',
    area,
    tools: ['perl'],
    title: 'refuses to rename an ancestor of what is protected',
    async run(context) {
      const { root, main, nested } = await makeRepositories(context)
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: root, access: 'write' }] },
      })
      printed(
        await shell(sandbox, 'mkdir "$1/free" && mv "$1/free" "$1/freed" && rmdir "$1/freed"', {
          args: [root],
        }),
      )
      const before = await context.host.snapshot(root)
      for (const path of [
        join(main, '.git'),
        main,
        join(nested, '.git'),
        nested,
        join(root, 'deep'),
      ]) {
        refused(
          await perl(sandbox, renameProgram, { args: [path, join(root, 'aside')] }),
          `renaming ${path}`,
        )
      }
      assert.deepEqual(await context.host.snapshot(root), before)
    },
  },
]

const later: readonly Behaviour[] = [
  {
    id: 'protect.created-later',
    area,
    title:
      'keeps hooks of a repository that is made during the run from being written, or reports them',
    tools: ['git'],
    async run(context) {
      const { project } = await scene(context)
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: project, access: 'write' }] },
      })
      const reports = listen(sandbox, 'denial')
      const act =
        'cd "$1" && mkdir -p young/.git/hooks && echo planted > young/.git/hooks/pre-commit'
      const planted = await shell(sandbox, act, { args: [project] })
      if (enforcedBy(sandbox, 'filesystem.protect') === 'kernel') {
        refused(planted, 'planting a hook')
        return
      }
      assert.equal(enforcedBy(sandbox, 'filesystem.protect'), 'launch')
      await context.host.until(
        async () => reports.some((report) => JSON.stringify(report).includes('young/.git')),
        'the new hook was not reported',
      )
    },
  },
  {
    id: 'protect.no-placeholders',
    area,
    title:
      'leaves no placeholder on the host for what is denied or protected, during the run and after',
    async run(context) {
      const { root } = await makeRepositories(context)
      await writeFile(join(root, 'main/.env'), 'secret')
      const before = await context.host.snapshot(root)
      const sandbox = await context.createSandbox({
        filesystem: {
          mounts: [{ source: root, access: 'write' }],
          deny: ['**/.env', 'never/there'],
          protect: ['not/yet.txt', '**/absent'],
        },
      })
      assert.deepEqual(await context.host.snapshot(root), before)
      const listed = await shell(sandbox, 'find "$1"', { args: [root] })
      assert.match(listed.stdout, /main\/tracked/)
      assert.doesNotMatch(listed.stdout, /\/(absent|never|not)$/m)
      await sandbox.destroy()
      assert.deepEqual(await context.host.snapshot(root), before)
      assert.equal(await readFile(join(root, 'main/.env'), 'utf8'), 'secret')
    },
  },
]

/** What a policy keeps read-only inside its writable mounts. */
export const protectBehaviours: readonly Behaviour[] = [...standing, ...later]
