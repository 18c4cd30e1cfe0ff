import assert from 'node:assert/strict'
import { access, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Behaviour } from '../behaviour.ts'
import { printed, refused, rejectsWith, scene, shell } from '../inside.ts'

const area = 'files'

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** Where mounts come from and where they appear. */
export const mountBehaviours: readonly Behaviour[] = [
  {
    id: 'files.source-missing',
    area,
    title: 'refuses a mount whose source does not exist, and starts nothing',
    async run(context) {
      const before = await context.host.descendants()
      const mounts = [{ source: join(context.workDir, 'missing'), access: 'read' as const }]
      await rejectsWith(context.createSandbox({ filesystem: { mounts } }), ['POLICY_INVALID'])
      assert.deepEqual(await context.host.descendants(), before)
      assert.equal(await exists(join(context.workDir, 'missing')), false)
    },
  },
  {
    id: 'files.source-symlink',
    area,
    title: 'follows a source that is a symbolic link once, when the sandbox is created',
    async run(context) {
      const { project, outside, secret } = await scene(context)
      const link = join(context.workDir, 'link')
      await symlink(project, link)
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: link, target: '/project', access: 'write' }] },
      })
      await symlink(outside, `${link}2`)
      await rename(`${link}2`, link)
      assert.equal(printed(await shell(sandbox, 'cat /project/file')), 'original')
      const seen = await shell(sandbox, 'cat /project/secret')
      refused(seen, 'following the swapped link')
      assert.ok(!seen.output.includes(secret))
    },
  },
  {
    id: 'files.single-file',
    area,
    title: 'mounts one file without its neighbours',
    async run(context) {
      const { project } = await scene(context)
      await writeFile(join(project, 'neighbour'), 'hidden')
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: join(project, 'file'), access: 'read' }] },
      })
      assert.equal(printed(await shell(sandbox, 'cat "$1/file"', { args: [project] })), 'original')
      refused(
        await shell(sandbox, 'cat "$1/neighbour"', { args: [project] }),
        'reading the neighbour',
      )
    },
  },
  {
    id: 'files.target',
    area,
    title: 'shows a mount at the target that the policy names',
    async run(context) {
      const { project, secretPath } = await scene(context)
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: project, target: '/work/deep/here', access: 'read' }] },
      })
      assert.equal(printed(await shell(sandbox, 'cat /work/deep/here/file')), 'original')
      refused(
        await shell(sandbox, 'cat "$1/file" || cat "$2"', { args: [project, secretPath] }),
        'reading at the source path',
      )
    },
  },
  {
    id: 'files.created-later',
    area,
    title: 'shows files that the host creates in a mount after the start',
    async run(context) {
      const { project, outside } = await scene(context)
      const sandbox = await context.createSandbox({
        filesystem: {
          mounts: [
            { source: project, access: 'read' },
            { source: outside, access: 'write' },
          ],
        },
      })
      await writeFile(join(project, 'later'), 'later')
      await writeFile(join(outside, 'later'), 'later')
      assert.equal(
        printed(await shell(sandbox, 'cat "$1/later" "$2/later"', { args: [project, outside] })),
        'laterlater',
      )
      refused(
        await shell(sandbox, 'echo x > "$1/later"', { args: [project] }),
        'writing it in the read mount',
      )
    },
  },
  {
    id: 'files.nested-mounts',
    area,
    title: 'lets the most specific mount decide, in whatever order the mounts are written',
    async run(context) {
      const { project } = await scene(context)
      const mounts = [
        { source: join(project, 'sub'), access: 'write' as const },
        { source: project, access: 'read' as const },
      ]
      for (const order of [mounts, mounts.toReversed()]) {
        const sandbox = await context.createSandbox({ filesystem: { mounts: order } })
        printed(
          await shell(sandbox, 'echo hi > "$1/sub/new" && rm "$1/sub/new"', { args: [project] }),
        )
        refused(
          await shell(sandbox, 'echo hi > "$1/new"', { args: [project] }),
          'writing in the outer read mount',
        )
      }
    },
  },
]
