import assert from 'node:assert/strict'
import { hostname } from 'node:os'
import type { Behaviour } from '../behaviour.ts'
import { plantVariable } from '../host-environment-source.ts'
import { printed, shell } from '../inside.ts'

const area = 'environment'

/** Variables that a sandbox may set without being told to; values are its own. */
const ownVariables = [
  'PATH',
  'HOME',
  'LANG',
  'TERM',
  'TMPDIR',
  'USER',
  'LOGNAME',
  'SHELL',
  'PWD',
  'OLDPWD',
  'SHLVL',
  '_',
]

function variables(listing: string): Map<string, string> {
  return new Map(
    listing
      .split('\0')
      .filter((line) => line !== '')
      .map((line) => {
        const at = line.indexOf('=')
        return [line.slice(0, at), line.slice(at + 1)]
      }),
  )
}

/** What commands know without asking. */
export const environmentBehaviours: readonly Behaviour[] = [
  {
    id: 'environment.nothing-inherited',
    area,
    title: 'shows nothing of the environment of the host, to commands and in any process inside',
    async run(context) {
      const marker = context.host.marker()
      context.defer(plantVariable('CAISSON_CONFORMANCE_SECRET', marker))
      const sandbox = await context.createSandbox({})
      const listing = printed(await shell(sandbox, 'env -0'))
      const strangers = [...variables(listing).keys()].filter(
        (name) => !ownVariables.includes(name),
      )
      assert.deepEqual(strangers, [])
      const all = await shell(sandbox, 'cat /proc/[0-9]*/environ 2>/dev/null | tr "\\0" "\\n"')
      assert.ok(!listing.includes(marker) && !all.stdout.includes(marker))
    },
  },
  {
    id: 'environment.policy',
    area,
    title: 'sets the variables of the policy, and those of one command for that command alone',
    async run(context) {
      const sandbox = await context.createSandbox({
        environment: { FROM_POLICY: 'a b\nc=d', REPLACED: 'policy' },
      })
      const env = { REPLACED: 'command', ADDED: '' }
      const first = variables(printed(await shell(sandbox, 'env -0', { options: { env } })))
      assert.equal(first.get('FROM_POLICY'), 'a b\nc=d')
      assert.equal(first.get('REPLACED'), 'command')
      assert.equal(first.get('ADDED'), '')
      const second = variables(printed(await shell(sandbox, 'env -0')))
      assert.equal(second.get('REPLACED'), 'policy')
      assert.equal(second.has('ADDED'), false)
    },
  },
  {
    id: 'environment.hostname',
    area,
    title: 'has the host name of the policy, not that of the host',
    async run(context) {
      const sandbox = await context.createSandbox({})
      assert.notEqual(printed(await shell(sandbox, 'uname -n')), hostname())
      const named = await context.createSandbox({ process: { hostname: 'caisson-test' } })
      assert.equal(printed(await shell(named, 'uname -n')), 'caisson-test')
    },
  },
  {
    id: 'environment.identity',
    area,
    title: 'runs as the user who runs the host, with that name in no other group',
    async run(context) {
      const sandbox = await context.createSandbox({})
      assert.equal(printed(await shell(sandbox, 'id -u')), String(process.getuid?.() ?? 0))
      const groups = printed(await shell(sandbox, 'id -G'))
        .split(' ')
        .map(Number)
      const foreign = groups.filter((group) => group !== process.getgid?.() && group !== 65_534)
      assert.deepEqual(foreign, [])
      printed(await shell(sandbox, 'id -un && [ -d "$HOME" ] && [ -w "$HOME" ]'))
    },
  },
]
