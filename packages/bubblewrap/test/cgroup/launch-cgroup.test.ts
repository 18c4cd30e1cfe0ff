import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'chai'
import { launchWarden, parentsOf } from '../../dist/cgroup/launch-warden.js'
import { type CgroupPlace, findCgroupPlace } from '../../dist/cgroup/place.js'
import { hostCgroupView, probeIdentity } from '../../dist/cgroup/probe-cgroup.js'
import { descendants, requireDriver, sandboxWith } from '../real-sandbox.ts'

const place: CgroupPlace | null = findCgroupPlace(hostCgroupView, null)

/** Cgroups of one host process, or of all. */
function cgroups(of = ''): string[] {
  const parents = place === null ? [] : parentsOf(place)
  const names = parents.flatMap((parent) => readdirSync(parent).map((name) => `${parent}/${name}`))
  return names.filter((path) => path.includes('/caisson-') && path.includes(of))
}

async function until(condition: () => boolean): Promise<void> {
  for (let attempt = 0; !condition() && attempt < 500; attempt++) await delay(10)
}

const hostProgram = `
  import { createSandbox } from ${JSON.stringify(import.meta.resolve('@caisson/core'))}
  import { bubblewrap } from ${JSON.stringify(import.meta.resolve('@caisson/bubblewrap'))}
  const sandbox = await createSandbox({ driver: bubblewrap(), policy: {} })
  await sandbox.spawn('sleep 1000')
  await new Promise((resolve) => setTimeout(resolve, Number(process.argv[1])))
  console.log('ready')
  setInterval(() => undefined, 1000)
`

/** A host process with one sandbox that is `ageMs` old. */
async function hostProcess(ageMs: number): Promise<ChildProcess> {
  const host = spawn(process.execPath, ['--input-type=module', '-e', hostProgram, String(ageMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (host.stdout !== null) await once(host.stdout, 'data')
  return host
}

const why = place === null ? ' (skipped: no cgroup here that this user may write to)' : ''

describe(`the cgroup of a sandbox${why}`, () => {
  before(async function () {
    await requireDriver(this)
    if (place === null) this.skip()
  })

  it('is made with the sandbox and goes with it', async () => {
    const mine = `-${process.pid}-`
    {
      await using sandbox = await sandboxWith({})
      expect(cgroups(mine)).not.to.deep.equal([])
      const inside = await sandbox.exec('cat /proc/self/cgroup')
      expect(inside.stdout).not.to.contain('nothing')
    }
    expect(cgroups(mine)).to.deep.equal([])
  })

  it('holds init and all it starts, from before the first command', async () => {
    await using sandbox = await sandboxWith({})
    await sandbox.spawn(['sleep', '1000'])
    const inside = descendants().filter(({ name }) => name !== 'bwrap')
    expect(inside.map(({ name }) => name)).to.include.members(['caisson-init', 'sleep'])
    for (const { pid } of inside)
      expect(readFileSync(`/proc/${pid}/cgroup`, 'utf8')).to.match(
        /:memory:.*caisson-|::.*caisson-/,
      )
  })

  it('ends a command that takes more memory than the sandbox has, and says so', async () => {
    await using sandbox = await sandboxWith({ resources: { memoryMiB: 64 } })
    const result = await sandbox.exec('head -c 300m /dev/zero | tail')
    expect(result.limit).to.equal('memory')
    expect(await sandbox.exec(['true'])).to.include({ exitCode: 0, limit: null })
  })

  it('lets no more processes live than the policy says', async () => {
    const command = 'for i in $(seq 60); do sleep 5 & done; ls -d /proc/[0-9]* | wc -l'
    await using wide = await sandboxWith({ resources: { pids: 128 } })
    await using narrow = await sandboxWith({ resources: { pids: 24 } })
    expect((await wide.exec(command)).limit).to.equal(null)
    expect((await narrow.exec(command)).limit).to.equal('pids')
  })

  for (const [how, end] of [
    ['fails', 'exit 1'],
    ['succeeds', 'exit 0'],
  ] as const)
    it(`has room again after a command that fills it and ${how}`, async () => {
      await using sandbox = await sandboxWith({ resources: { pids: 24 } })
      const told: unknown[] = []
      sandbox.on('limit', ({ limit }) => told.push(limit))
      for (let round = 0; round < 3; round++) {
        await sandbox.exec(`(for i in $(seq 60); do sleep 1000 & done) 2>/dev/null; ${end}`)
        expect(told).to.deep.equal(Array.from({ length: round + 1 }, () => 'pids'))
        const next = await sandbox.exec('echo here | cat')
        expect(next).to.include({ exitCode: 0, stdout: 'here\n', limit: null })
      }
    })

  it('has room again after a command that was late, and says what it ran into', async () => {
    await using sandbox = await sandboxWith({ resources: { pids: 24 } })
    const fill = '(for i in $(seq 60); do sleep 1000 & done) 2>/dev/null; exec sleep 1000'
    const late = await sandbox.exec(fill, { timeoutMs: 500 })
    expect(late).to.include({ timedOut: true, limit: 'pids' })
    expect(await sandbox.exec('echo here | cat')).to.include({ stdout: 'here\n', limit: null })
  })

  it('knows what the sandbox uses', async () => {
    await using sandbox = await sandboxWith({})
    await sandbox.exec('head -c 20m /dev/zero > /tmp/kept')
    const usage = await sandbox.usage()
    expect(usage.memoryBytes).to.be.greaterThan(10 * 1024 * 1024)
    expect(usage.processes).to.be.greaterThan(0)
  })

  for (const [age, ageMs, how] of [
    ['lived a while', 600, 'at once'],
    ['is young', 0, 'with the next launch'],
  ] as const)
    it(`goes when the host process is killed and the sandbox ${age}: ${how}`, async function () {
      const host = await hostProcess(ageMs)
      const its = `-${host.pid}-`
      expect(cgroups(its)).not.to.deep.equal([])
      host.kill('SIGKILL')
      await once(host, 'exit')
      if (how === 'at once') await until(() => cgroups(its).length === 0)
      else {
        await delay(200)
        // A new driver instance looks for what others left.
        if (place !== null) await launchWarden(place, probeIdentity()).release()
      }
      expect(cgroups(its)).to.deep.equal([])
      expect(existsSync(`/proc/${host.pid}`)).to.equal(false)
    })
})
