import { expect } from 'chai'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mount, rule } from './init-sandbox.ts'
import {
  command,
  hostFolder,
  liveObstacle,
  whySkipped,
  liveSandbox,
  shell,
  type LiveSandbox,
} from './live/live-sandbox.ts'

/** Listens on every local kind of address, tells the ports, and waits. */
const server = [
  'import socket as s, sys',
  'def at(family, host, kind=s.SOCK_STREAM):',
  '  l = s.socket(family, kind); l.bind((host, 0))',
  '  if kind == s.SOCK_STREAM: l.listen()',
  '  return l',
  'kept = [at(s.AF_INET, "127.0.0.1"), at(s.AF_INET, "0.0.0.0"), at(s.AF_INET6, "::1"), at(s.AF_INET6, "::")]',
  'bound = at(s.AF_INET, "127.0.0.1", s.SOCK_DGRAM)',
  'print(*[l.getsockname()[1] for l in kept], flush=True)',
  'sys.stdin.read()',
].join('\n')

/** Turns the sandbox over until something is so; gives up after 500 commands. */
async function until(sandbox: LiveSandbox, isSo: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500 && !isSo(); tries += 1) await shell(sandbox, 'true')
}

describe(`what init tells of a sandbox${whySkipped()}`, function () {
  before(function () {
    if (liveObstacle() !== undefined) this.skip()
  })

  it('are the TCP ports that are listened on, v4 and v6, and no longer', async () => {
    await using sandbox = await liveSandbox()
    expect(await sandbox.session.listeningPorts()).to.deep.equal([])
    const process = await sandbox.session.spawn(
      command(['python3', '-c', server], { stdin: 'pipe' }),
    )
    const line = await new Promise<string>((resolve) => {
      process.onOutput((stream, chunk) => {
        if (stream === 'stdout') resolve(Buffer.from(chunk).toString())
      })
    })
    const ports = line.trim().split(' ').map(Number)
    expect(await sandbox.session.listeningPorts()).to.deep.equal(
      [...new Set(ports)].toSorted((a, b) => a - b),
    )
    process.closeStdin()
    await process.gone
    expect(await sandbox.session.listeningPorts()).to.deep.equal([])
  })

  it('are the processes of its commands, without its own', async () => {
    await using sandbox = await liveSandbox()
    expect((await sandbox.session.usage()).processes).to.equal(0)
    const ready = ': > /tmp/up; exec sleep 60'
    const process = await sandbox.session.spawn(command(['sh', '-c', `sleep 60 & ${ready}`]))
    await shell(sandbox, 'until [ -e /tmp/up ]; do sleep 0.01; done')
    const usage = await sandbox.session.usage()
    expect(usage.processes).to.equal(2)
    expect(usage.memoryBytes).to.be.greaterThan(0)
    await process.kill('SIGKILL', 'tree')
    await process.gone
    expect((await sandbox.session.usage()).processes).to.equal(0)
  })

  it('are names that come to match a rule: made, renamed, and in trees moved in', async () => {
    using host = hostFolder()
    using outside = hostFolder()
    mkdirSync(join(outside.path, 'tree/deep/.git/hooks'), { recursive: true })
    writeFileSync(join(outside.path, 'tree/deep/.env'), 'x')
    writeFileSync(join(host.path, 'plain'), 'x')
    const rules = { deny: [rule('**/.env')], protect: [rule('**/.git/hooks')] }
    const operations = [mount(rules)]
    await using sandbox = await liveSandbox({ operations, staged: [host.path], sentinel: true })
    const told = (): readonly string[] =>
      sandbox.notices.map((notice) => ('path' in notice ? `${notice.kind} ${notice.path}` : ''))
    await shell(sandbox, 'cd /work; mkdir a; mv plain a/.env; echo > fine; ln -s fine a/.envrc')
    await until(sandbox, () => told().length >= 1)
    renameSync(join(outside.path, 'tree'), join(host.path, 'came'))
    await until(sandbox, () => told().length >= 3)
    expect(told().toSorted()).to.deep.equal([
      'deny-created /work/a/.env',
      'deny-created /work/came/deep/.env',
      'protect-created /work/came/deep/.git/hooks',
    ])
  })
})
