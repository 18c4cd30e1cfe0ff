import assert from 'node:assert/strict'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as pause } from 'node:timers/promises'
import { skip, type Behaviour } from '../behaviour.ts'
import { printed, refused, rejectsWith, scene, shell } from '../inside.ts'
import { runInEveryState } from '../traits.ts'

const area = 'lifecycle'

/** Codes with which a command that was running may end when its sandbox does. */
const ended = ['SANDBOX_ENDED', 'ABORTED']

const ends: readonly Behaviour[] = [
  {
    id: 'lifecycle.destroy-twice',
    area,
    title: 'can be destroyed twice, at once and again later',
    async run(context) {
      const sandbox = await context.createSandbox({})
      printed(await shell(sandbox, ':'))
      await Promise.all([sandbox.destroy(), sandbox.destroy()])
      await sandbox.destroy()
      await rejectsWith(shell(sandbox, ':'), ['SANDBOX_ENDED'])
    },
  },
  {
    id: 'lifecycle.destroy-during-run',
    area,
    title: 'ends commands that run when it is destroyed, and tells their callers',
    async run(context) {
      const marker = context.host.marker()
      const sandbox = await context.createSandbox({})
      const running = rejectsWith(
        shell(sandbox, 'while sleep 1; do :; done', { args: [marker] }),
        ended,
      )
      const streaming = await sandbox.spawn([
        '/bin/sh',
        '-c',
        'echo ready; while sleep 1; do :; done',
        marker,
      ])
      const waiting = rejectsWith(streaming.wait(), ended)
      await streaming.stdout.getReader().read()
      await sandbox.destroy()
      await Promise.all([running, waiting])
      await context.host.assertGone(marker)
    },
  },
  {
    id: 'lifecycle.abort-creation',
    area,
    title: 'gives everything back when its creation is aborted, however early or late',
    async run(context) {
      const { project } = await scene(context)
      const before = await context.host.descendants()
      for (const delayMs of [0, 1, 2, 4, 8, 16]) {
        const stop = new AbortController()
        const creating = context.createSandbox(
          { filesystem: { mounts: [{ source: project, access: 'write' }] } },
          { signal: stop.signal },
        )
        const outcome = creating.then(
          async (sandbox) => sandbox.destroy(),
          (error: unknown) => error,
        )
        await pause(delayMs)
        stop.abort()
        const error = await outcome
        if (error !== undefined) await rejectsWith(Promise.reject(error), ['ABORTED'])
      }
      const already = context.createSandbox({}, { signal: AbortSignal.abort() })
      await rejectsWith(already, ['ABORTED'])
      await context.host.until(
        async () => (await context.host.descendants()).every((pid) => before.includes(pid)),
        'processes are left over',
      )
    },
  },
  {
    id: 'lifecycle.every-state',
    area,
    timeoutMs: 60_000,
    title: 'answers every operation while live, and refuses it with SANDBOX_ENDED afterwards',
    async run(context) {
      const outcomes = await runInEveryState(() => context.createSandbox({}))
      for (const { operation, state, how, code } of outcomes) {
        const told = `${operation} while ${state}: ${how} ${String(code)}`
        if (operation === 'ports.list' && !context.driver.capabilities.ports) continue
        if (state === 'live' && operation !== 'fs.readFile') assert.equal(how, 'value', told)
        if (state === 'destroying') assert.ok(how === 'value' || ended.includes(String(code)), told)
        if (state === 'destroyed') assert.equal(code, 'SANDBOX_ENDED', told)
      }
    },
  },
]

const company: readonly Behaviour[] = [
  {
    id: 'lifecycle.many',
    area,
    title: 'keeps sandboxes of different policies in one process apart',
    async run(context) {
      const numbers = [0, 1, 2, 3, 4, 5, 6, 7]
      const folders = await Promise.all(
        numbers.map((number) => context.folder(`project-${number}`)),
      )
      await Promise.all(
        folders.map((folder, number) => writeFile(join(folder, 'name'), `project ${number}`)),
      )
      const sandboxes = await Promise.all(
        folders.map((source) =>
          context.createSandbox({ filesystem: { mounts: [{ source, access: 'write' }] } }),
        ),
      )
      await Promise.all(
        sandboxes.map(async (sandbox, number) => {
          const args = [folders[number] ?? '', folders[(number + 1) % folders.length] ?? '']
          assert.equal(
            printed(await shell(sandbox, 'cat "$1/name"; echo x > /tmp/x; ls /tmp/x', { args })),
            `project ${number}/tmp/x`,
          )
          refused(
            await shell(sandbox, 'cat "$2/name"', { args }),
            'reading the folder of a neighbour',
          )
        }),
      )
      await sandboxes[0]?.destroy()
      assert.ok(sandboxes[1] !== undefined)
      printed(await shell(sandboxes[1], 'ls "$1"', { args: [folders[1] ?? ''] }))
    },
  },
  {
    id: 'lifecycle.nothing-left',
    area,
    title: 'leaves no process, mount or descriptor on the host',
    async run(context) {
      const { project } = await scene(context)
      const policy = { filesystem: { mounts: [{ source: project, access: 'write' as const }] } }
      await (await context.createSandbox(policy)).destroy()
      const look = async (): Promise<unknown[]> => [
        await context.host.descendants(),
        await context.host.mounts(),
        await context.host.openDescriptors(),
      ]
      await pause(100)
      const before = await look()
      for (let round = 0; round < 3; round += 1) {
        const sandbox = await context.createSandbox(policy)
        printed(await shell(sandbox, 'sleep 300 > /dev/null 2>&1 & echo started'))
        await sandbox.spawn(['sleep', '300'])
        await sandbox.destroy()
      }
      await context.host.until(
        async () => JSON.stringify(await look()) === JSON.stringify(before),
        'something is left over on the host',
      )
    },
  },
  {
    id: 'lifecycle.no-temp-left',
    area,
    timeoutMs: 40_000,
    title: 'leaves nothing in the folder for temporary files, and lets the host process exit',
    async run(context) {
      const { project } = await scene(context)
      const driver =
        context.elsewhere ??
        skip('the caller did not say how another process can create the driver')
      const module = fileURLToPath(new URL('../other-host.js', import.meta.url))
      const marker = context.host.marker()
      const job = { driver, act: 'tidy', project, marker, beatPath: join(project, 'beat') }
      const tempDir = await context.folder('temp')
      const other = await context.hostProcesses.node(module, {
        args: [JSON.stringify(job)],
        tempDir,
      })
      assert.equal(other.firstLine, 'ready')
      assert.equal(await other.exited, 0)
      assert.deepEqual(await readdir(tempDir), [])
      await context.host.assertGone(marker)
    },
  },
]

/** From creation to the end. */
export const lifecycleBehaviours: readonly Behaviour[] = [...ends, ...company]
