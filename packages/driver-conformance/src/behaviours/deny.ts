import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Policy } from '@caisson/core'
import type { Behaviour, ConformanceContext } from '../behaviour.ts'
import { enforcedBy, listen } from '../observation.ts'
import { perl, printed, refused, rejectsWith, scene, shell } from '../inside.ts'

const area = 'deny'

/** rename(2), and not the copy that mv makes when it is refused. */
const renameProgram = 'rename($ARGV[0], $ARGV[1]) or exit 1'

interface Hidden {
  readonly project: string
  /** Every denied path, on the host. */
  readonly paths: readonly string[]
  readonly secret: string
  readonly policy: Policy
}

/** A project with `.env` files at three depths and a folder of keys, all denied. */
async function hidden(context: ConformanceContext, access: 'read' | 'write'): Promise<Hidden> {
  const { project } = await scene(context)
  const secret = context.host.marker()
  const paths = ['.env', 'sub/.env', 'a/b/c/d/.env', 'keys/private', 'keys/deep/er'].map((path) =>
    join(project, path),
  )
  for (const path of paths) {
    await mkdir(join(path, '..'), { recursive: true })
    await writeFile(path, secret)
  }
  const policy = {
    filesystem: { mounts: [{ source: project, access }], deny: ['**/.env', 'keys'] },
  }
  return { project, paths, secret, policy }
}

const standing: readonly Behaviour[] = [
  {
    id: 'deny.unreadable',
    area,
    title: 'hides denied files and folders at every depth, from commands and from the file API',
    async run(context) {
      const { project, paths, secret, policy } = await hidden(context, 'read')
      const sandbox = await context.createSandbox(policy)
      assert.equal(printed(await shell(sandbox, 'cat "$1/file"', { args: [project] })), 'original')
      for (const path of paths) {
        const seen = await shell(sandbox, '[ -s "$1" ] || cat "$1" | grep .', { args: [path] })
        refused(seen, `reading ${path}`)
        assert.ok(!seen.output.includes(secret))
        const bytes = await sandbox.fs.readFile(path).catch(() => new Uint8Array())
        assert.equal(bytes.length, 0)
      }
      const all = await shell(
        sandbox,
        'grep -r "$2" "$1"; tar -cf - "$1" 2>/dev/null | grep -c "$2"; ls -R "$1/keys"',
        { args: [project, secret] },
      )
      assert.ok(!all.output.includes(secret))
      assert.ok(!all.output.includes('private'), 'names in a denied folder are listed')
    },
  },
  {
    id: 'deny.unwritable',
    area,
    title: 'lets nobody write, replace, rename, link or remove what is denied in a write mount',
    async run(context) {
      const { project, paths, secret, policy } = await hidden(context, 'write')
      const sandbox = await context.createSandbox(policy)
      printed(
        await shell(sandbox, 'echo x > "$1/t" && mv "$1/t" "$1/u" && rm "$1/u"', {
          args: [project],
        }),
      )
      const acts = [
        'echo stolen > "$1"',
        'echo stolen >> "$1"',
        'rm -f "$1"',
        'mv "$1" "$2/moved"',
        'ln "$1" "$2/linked"',
        'echo stolen > "$2/new"; mv -f "$2/new" "$1"',
        'chmod 777 "$1"',
      ]
      for (const path of paths) {
        for (const act of acts) await shell(sandbox, act, { args: [path, project] })
      }
      await sandbox.fs.writeFile(join(project, '.env'), 'stolen').catch(() => undefined)
      for (const path of paths) assert.equal(await readFile(path, 'utf8'), secret)
    },
  },
  {
    id: 'deny.ancestor-rename',
    area,
    tools: ['perl'],
    title: 'refuses to rename or replace an ancestor of what is denied, which stays hidden',
    async run(context) {
      const { project, paths, secret, policy } = await hidden(context, 'write')
      const sandbox = await context.createSandbox(policy)
      printed(
        await shell(sandbox, 'mkdir "$1/free" && mv "$1/free" "$1/freed"', { args: [project] }),
      )
      for (const path of ['sub', 'a', 'a/b', 'keys']) {
        const args = [join(project, path), join(project, 'elsewhere')]
        refused(await perl(sandbox, renameProgram, { args }), `renaming ${path}`)
      }
      await shell(sandbox, 'cd "$1"; rm -rf a; mkdir a; mv sub away', { args: [project] })
      const seen = await shell(sandbox, 'grep -r "$2" "$1"', { args: [project, secret] })
      assert.ok(!seen.stdout.includes(secret), 'the secret can be read after a rename')
      for (const path of paths) assert.equal(await readFile(path, 'utf8'), secret)
    },
  },
  {
    id: 'deny.wins',
    area,
    title:
      'hides a mount of which everything is denied, and refuses one that lies in a denied folder',
    async run(context) {
      const { project, policy } = await hidden(context, 'write')
      const keys = { source: join(project, 'keys'), access: 'write' as const }
      const open = await context.createSandbox({ filesystem: { mounts: [keys] } })
      printed(await shell(open, 'cat "$1/private"', { args: [keys.source] }))
      const closed = await context.createSandbox({
        filesystem: { mounts: [keys], deny: ['private', 'deep'] },
      })
      refused(await shell(closed, 'cat "$1/private" | grep .', { args: [keys.source] }), 'reading')
      const mounts = [...(policy.filesystem?.mounts ?? []), keys]
      await rejectsWith(context.createSandbox({ filesystem: { ...policy.filesystem, mounts } }), [
        'POLICY_INVALID',
      ])
    },
  },
]

const later: readonly Behaviour[] = [
  {
    id: 'deny.created-later',
    area,
    title: 'keeps a denied path that the host creates after the start hidden, or reports it',
    async run(context) {
      const { project, policy } = await hidden(context, 'write')
      const sandbox = await context.createSandbox(policy)
      const reports = listen(sandbox, 'denial')
      const secret = context.host.marker()
      const create = async (name: string): Promise<string> => {
        await mkdir(join(project, name))
        await writeFile(join(project, name, '.env'), secret)
        return join(project, name, '.env')
      }
      const path = await create('fresh')
      if (enforcedBy(sandbox, 'filesystem.deny') === 'kernel') {
        const seen = await shell(sandbox, 'cat "$1"', { args: [path] })
        assert.ok(!seen.output.includes(secret))
        return
      }
      assert.equal(enforcedBy(sandbox, 'filesystem.deny'), 'launch')
      // Watching begins soon after the start, so what comes first may be missed and what comes next not.
      let count = 0
      await context.host.until(async () => {
        await create(`fresh-${(count += 1)}`)
        return reports.some(({ denial }) => denial.target.includes('/fresh'))
      }, 'no new denied path was reported')
    },
  },
  {
    id: 'deny.unmatched',
    area,
    title: 'hides nothing that no rule names',
    async run(context) {
      const { project, policy } = await hidden(context, 'read')
      await writeFile(join(project, '.environment'), 'plain\n')
      await writeFile(join(project, 'sub/keys'), 'plain\n')
      const sandbox = await context.createSandbox(policy)
      assert.equal(
        printed(await shell(sandbox, 'cat "$1/.environment" "$1/sub/keys"', { args: [project] })),
        'plain\nplain',
      )
      await rejectsWith(sandbox.fs.readFile(join(project, 'missing')), ['FILE'])
    },
  },
]

/** What a policy hides inside its mounts. */
export const denyBehaviours: readonly Behaviour[] = [...standing, ...later]
