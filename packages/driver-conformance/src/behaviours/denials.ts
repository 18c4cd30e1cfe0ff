import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Denial } from '@caisson/core'
import type { Behaviour } from '../behaviour.ts'
import { refused, scene, shell } from '../inside.ts'

const area = 'denials'

/** Asserts that one denial is about the path, and that it says something useful. */
function tells(denials: readonly Denial[], path: string, kinds: readonly string[]): Denial {
  const denial = denials.find(({ target }) => target === path)
  assert.ok(denial !== undefined, `no denial tells of ${path}: ${JSON.stringify(denials)}`)
  assert.ok(kinds.includes(denial.kind), `${denial.kind} instead of ${kinds.join(' or ')}`)
  assert.ok(denial.message.length > 20 && denial.message.includes(path))
  assert.ok(denial.remedy.length > 10)
  assert.ok(denial.rule.length > 0)
  return denial
}

/** What a result says about what the policy refused. */
export const denialBehaviours: readonly Behaviour[] = [
  {
    id: 'denials.read-mount',
    area,
    title: 'tells a refused write in a read mount, with the rule behind it',
    async run(context) {
      const { project } = await scene(context)
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: project, access: 'read' }] },
      })
      const result = await shell(sandbox, 'echo x > "$1/new"', { args: [project] })
      refused(result, 'writing')
      const denial = tells(result.denials, join(project, 'new'), ['fs.write'])
      assert.equal(denial.rule, 'filesystem.mounts[0]')
    },
  },
  {
    id: 'denials.protected',
    area,
    title: 'tells a refused write to what is protected',
    async run(context) {
      const { project } = await scene(context)
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: project, access: 'write' }], protect: ['file'] },
      })
      const result = await shell(sandbox, 'echo x > "$1/file"', { args: [project] })
      refused(result, 'writing')
      assert.equal(
        tells(result.denials, join(project, 'file'), ['fs.protect']).rule,
        'filesystem.protect[0]',
      )
    },
  },
  {
    id: 'denials.denied',
    area,
    title: 'tells a refused read of what is denied',
    async run(context) {
      const { project } = await scene(context)
      await mkdir(join(project, 'keys'))
      await writeFile(join(project, 'keys/private'), 'secret')
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: project, access: 'read' }], deny: ['keys'] },
      })
      const result = await shell(sandbox, 'cat "$1/keys/private"', { args: [project] })
      refused(result, 'reading')
      assert.equal(
        tells(result.denials, join(project, 'keys/private'), ['fs.read']).rule,
        'filesystem.deny[0]',
      )
    },
  },
  {
    id: 'denials.outside',
    area,
    title: 'tells a host file that is missing inside because no mount shows it',
    async run(context) {
      const { project, secretPath } = await scene(context)
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: project, access: 'read' }] },
      })
      const result = await shell(sandbox, 'cat "$1"', { args: [secretPath] })
      refused(result, 'reading')
      const denial = tells(result.denials, secretPath, ['fs.read'])
      assert.equal(denial.source, 'inferred')
    },
  },
  {
    id: 'denials.plain-missing',
    area,
    title: 'does not call a file that is simply missing a denial',
    async run(context) {
      const { project } = await scene(context)
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: project, access: 'read' }] },
      })
      const missing = await shell(sandbox, 'cat "$1/missing"; cat /no/such/file; exit 1', {
        args: [project],
      })
      assert.deepEqual(missing.denials, [])
      const failed = await shell(sandbox, 'echo "permission denied: by my own rules" >&2; exit 1')
      assert.deepEqual(failed.denials, [])
    },
  },
  {
    id: 'denials.own-permissions',
    area,
    title: 'does not call the permissions of a file that the command made itself a denial',
    async run(context) {
      const { project } = await scene(context)
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: project, access: 'write' }] },
      })
      const result = await shell(
        sandbox,
        'cd "$1"; echo x > locked; chmod 000 locked; cat locked',
        { args: [project] },
      )
      assert.deepEqual(result.denials, [])
      const succeeded = await shell(sandbox, 'cat "$1/file"', { args: [project] })
      assert.deepEqual(succeeded.denials, [])
    },
  },
]
