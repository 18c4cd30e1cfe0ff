import { SandboxError } from '@caisson/core'
import { expect } from 'chai'
import { randomBytes } from 'node:crypto'
import { rejection, sandboxRejection } from '../rejection.ts'
import {
  command,
  liveObstacle,
  whySkipped,
  liveSandbox,
  outcome,
  shell,
  type LiveSandbox,
} from './live-sandbox.ts'

describe(`commands inside${whySkipped()}`, function () {
  let sandbox: LiveSandbox

  before(async function () {
    if (liveObstacle() !== undefined) this.skip()
    sandbox = await liveSandbox()
  })
  after(async () => {
    await sandbox?.[Symbol.asyncDispose]()
  })

  it('run, with their output, exit code, environment and folder', async () => {
    const result = await shell(sandbox, 'echo out; echo err >&2; echo $A; pwd; exit 3', {
      environment: { PATH: '/usr/bin:/bin', A: 'b=c' },
      workingDirectory: '/usr',
    })
    expect(result.exitCode).to.equal(3)
    expect(result.stdout.toString()).to.equal('out\nb=c\n/usr\n')
    expect(result.stderr.toString()).to.equal('err\n')
  })

  it('tell the signal that ended them', async () => {
    const result = await shell(sandbox, 'kill -SEGV $$')
    expect([result.exitCode, result.signal]).to.deep.equal([null, 'SIGSEGV'])
  })

  it('run hundreds at once', async () => {
    const all = await Promise.all(
      Array.from({ length: 200 }, (_, index) => shell(sandbox, `echo ${index}; exit ${index}`)),
    )
    expect(all.map(({ exitCode }) => exitCode)).to.deep.equal(all.map((_, index) => index))
    expect(all.map(({ output }) => output)).to.deep.equal(all.map((_, index) => `${index}\n`))
  })

  for (const [what, changes, errno] of [
    ['a program that is not there', { argv: ['no-such-program'] }, 'ENOENT'],
    ['a file that is no program', { argv: ['/etc'] }, 'EACCES'],
    ['a folder that is not there', { workingDirectory: '/nowhere' }, 'ENOENT'],
  ] as const) {
    it(`fail with ${errno} for ${what}`, async () => {
      const spawning = sandbox.session.spawn(command(['true'], changes))
      const error = await sandboxRejection(spawning)
      expect([error.code, error.errno]).to.deep.equal(['SPAWN_FAILED', errno])
    })
  }

  it('get stdin, binary and larger than every window, and give it back', async () => {
    const data = randomBytes(3_000_000)
    const cat = await sandbox.session.spawn(command(['cat'], { stdin: 'pipe' }))
    const result = outcome(cat)
    await cat.write(data)
    cat.closeStdin()
    const { stdout, exitCode } = await result
    expect([exitCode, stdout.equals(data)]).to.deep.equal([0, true])
    await cat.gone
  })

  it('tell EPIPE when nobody reads stdin any more', async () => {
    const process = await sandbox.session.spawn(command(['true'], { stdin: 'pipe' }))
    await process.gone
    expect((await sandboxRejection(process.write(Buffer.alloc(10)))).errno).to.equal('EPIPE')
    const lazy = await sandbox.session.spawn(
      command(['sh', '-c', 'exec <&-; sleep 60'], { stdin: 'pipe' }),
    )
    const error = await sandboxRejection(lazy.write(Buffer.alloc(1_000_000)))
    expect(error.errno).to.equal('EPIPE')
    await lazy.kill('SIGKILL', 'tree')
    await lazy.gone
  })

  it('keep the exact order of output when stderr is merged', async () => {
    const script = 'i=0; while [ $i -lt 200 ]; do echo o$i; echo e$i >&2; i=$((i+1)); done'
    const result = await shell(sandbox, script, { stderr: 'merge' })
    const expected = Array.from({ length: 200 }, (_, index) => `o${index}\ne${index}\n`).join('')
    expect(result.output).to.equal(expected)
    expect(result.stderr.length).to.equal(0)
  })

  it('have a terminal when asked, whose size can change', async () => {
    const script =
      'tty; stty size; trap "stty size; exit 0" WINCH; echo ready; while :; do sleep 0.01; done'
    const process = await sandbox.session.spawn(
      command(['sh', '-c', script], { terminal: { columns: 91, rows: 33 }, stdin: 'pipe' }),
    )
    let seen = ''
    process.onOutput((stream, chunk) => {
      expect(stream).to.equal('stdout')
      process.consumed(stream, chunk.length)
      const before = seen.includes('ready')
      seen += Buffer.from(chunk).toString()
      if (!before && seen.includes('ready')) process.resize({ columns: 50, rows: 10 })
    })
    const { exitCode } = await process.exited
    expect(exitCode).to.equal(0)
    expect(seen).to.match(/^\/dev\/pts\/\d+\r\n33 91\r\nready\r\n10 50\r\n$/)
  })

  it('have no terminal otherwise', async () => {
    expect((await shell(sandbox, 'tty')).exitCode).to.equal(1)
  })

  it('take signals for their group', async () => {
    const process = await sandbox.session.spawn(
      command([
        'sh',
        '-c',
        'trap "echo got; exit 7" TERM; echo ready; while :; do sleep 0.01; done',
      ]),
    )
    let seen = ''
    process.onOutput((_, chunk) => {
      const first = seen === ''
      seen += Buffer.from(chunk).toString()
      if (first) void process.kill('SIGTERM', 'group')
    })
    expect(await process.exited).to.deep.include({ exitCode: 7, signal: null })
    expect(seen).to.match(/^ready\n.*got\n$/s)
  })

  it('are killed as a tree, with daemons that left their session and parent', async () => {
    const daemon =
      '(setsid sh -c "(setsid sleep 4711 &) & exec sleep 4711" > /dev/null 2>&1 < /dev/null &)'
    const process = await sandbox.session.spawn(
      command(['sh', '-c', `${daemon}; ${daemon}; sleep 0.2; echo ready; exec sleep 4711`]),
    )
    const ready = new Promise<void>((resolve) => process.onOutput(() => resolve()))
    await ready
    const count =
      'for p in /proc/[0-9]*; do tr "\\0" " " < $p/cmdline; echo; done 2>/dev/null | grep -c "^sleep 4711"'
    expect(Number((await shell(sandbox, count)).output)).to.be.greaterThan(3)
    await process.kill('SIGKILL', 'tree')
    expect((await process.exited).signal).to.equal('SIGKILL')
    await process.gone
    expect((await shell(sandbox, count)).output).to.equal('0\n')
  })

  for (const signal of ['KILL', 'STOP'] as const)
    it(`harm themselves alone by sending SIG${signal} to what watches over them`, async () => {
      for (let round = 0; round < 10; round += 1) {
        const start = command([
          'sh',
          '-c',
          `(setsid sleep 4714 &); kill -${signal} $PPID; echo out`,
        ])
        const ending = await sandbox.session.spawn(start).then(
          async (process) => {
            process.onOutput((stream, chunk) => process.consumed(stream, chunk.length))
            const exit = await process.exited
            await process.kill('SIGKILL', 'tree')
            await process.gone
            return exit.signal ?? exit.exitCode
          },
          // Its keeper died before it could tell that the command runs.
          (error: unknown) => error instanceof SandboxError && error.code,
        )
        expect(ending).to.be.oneOf(signal === 'STOP' ? [0] : [0, 'SIGKILL', 'SPAWN_FAILED'])
        const left = 'cat /proc/[0-9]*/cmdline | tr "\\0" " " | grep -c "[s]leep 4714"'
        expect((await shell(sandbox, left)).output).to.equal('0\n')
      }
    })

  for (const signal of ['KILL', 'STOP'] as const)
    it(`start after others sent SIG${signal} to all that they could see`, async () => {
      for (let round = 0; round < 10; round += 1) {
        // PID 1 cannot be hit from inside, and a shell that stops itself would not end.
        const script = `for p in /proc/[0-9]*; do p=\${p#/proc/}; [ $p = 1 ] || [ $p = $$ ] || kill -${signal} $p; done 2>/dev/null`
        await shell(sandbox, script).catch(() => undefined)
        const result = await shell(sandbox, 'ls /proc/self/fd; cd /; pwd')
        expect(result.output).to.equal('0\n1\n2\n3\n/\n')
      }
    })

  it('are over while a daemon of theirs still runs, and gone when it ended', async () => {
    const process = await sandbox.session.spawn(
      command(['sh', '-c', '(setsid sleep 4712 &) ; exit 0'], { stdin: 'none' }),
    )
    let gone = false
    void process.gone.then(() => {
      gone = true
    })
    expect((await process.exited).exitCode).to.equal(0)
    await shell(sandbox, 'true')
    expect(gone).to.equal(false)
    await process.kill('SIGKILL', 'tree')
    await process.gone
  })

  it('bring 64 MiB to a slow reader, while others are answered', async () => {
    const total = 64 * 1_048_576
    const process = await sandbox.session.spawn(command(['head', '-c', `${total}`, '/dev/zero']))
    let waiting = 0
    let most = 0
    let received = 0
    const pace = (bytes: number): void => {
      waiting -= bytes
      process.consumed('stdout', bytes)
    }
    process.onOutput((_, chunk) => {
      received += chunk.length
      waiting += chunk.length
      most = Math.max(most, waiting)
      setImmediate(pace, chunk.length)
    })
    const others = await Promise.all(Array.from({ length: 20 }, () => shell(sandbox, 'echo here')))
    expect(others.every(({ output }) => output === 'here\n')).to.equal(true)
    expect((await process.exited).exitCode).to.equal(0)
    expect(received).to.equal(total)
    expect(most).to.be.at.most(262_144)
  })

  it('stop when nobody takes their output, alone', async () => {
    const process = await sandbox.session.spawn(command(['cat', '/dev/zero']))
    let received = 0
    process.onOutput((_, chunk) => {
      received += chunk.length
    })
    for (let index = 0; index < 20; index += 1) await shell(sandbox, 'true')
    expect(received).to.be.at.most(262_144)
    process.onOutput((stream, chunk) => process.consumed(stream, chunk.length))
    process.consumed('stdout', received)
    await process.kill('SIGKILL', 'tree')
    await process.gone
  })

  it('are started or killed, never left, when the start is aborted', async () => {
    for (let index = 0; index < 20; index += 1) {
      const controller = new AbortController()
      const spawning = sandbox.session.spawn(command(['sleep', '4713']), controller.signal)
      if (index % 2 === 0) await Promise.resolve()
      controller.abort()
      expect((await sandboxRejection(spawning)).code).to.equal('ABORTED')
    }
    const left =
      'for i in $(seq 200); do n=$(for p in /proc/[0-9]*; do tr "\\0" " " < $p/cmdline; echo; done 2>/dev/null | grep -c "^sleep 4713"); [ "$n" = 0 ] && exit 0; sleep 0.01; done; exit 1'
    expect((await shell(sandbox, left)).exitCode).to.equal(0)
  })

  it('cannot resize what is no terminal', async () => {
    const process = await sandbox.session.spawn(command(['true']))
    expect(() => process.resize({ columns: 1, rows: 1 })).to.throw(TypeError)
    expect(await rejection(process.kill('SIGFOO', 'group'))).to.be.instanceOf(TypeError)
    await process.gone
  })

  it('are counted', async () => {
    // Right after an exec the kernel has no command line to show yet, so it is counted once it spoke.
    const script = ['sh', '-c', 'echo ready; read line']
    const sleeper = await sandbox.session.spawn(command(script, { stdin: 'pipe' }))
    await new Promise<void>((resolve) => sleeper.onOutput(() => resolve()))
    const usage = await sandbox.session.usage()
    expect(usage.processes).to.be.at.least(1)
    expect(usage.memoryBytes).to.be.greaterThan(4096)
    expect(usage.cpuMs).to.be.greaterThan(0)
    await sleeper.kill('SIGKILL', 'tree')
    await sleeper.gone
  })
})

describe(`the end of a live sandbox${whySkipped()}`, function () {
  before(function () {
    if (liveObstacle() !== undefined) this.skip()
  })

  it('kills everything when the link is lost', async () => {
    const sandbox = await liveSandbox()
    const process = await sandbox.session.spawn(
      command(['sh', '-c', '(setsid sleep 60 &); exec sleep 60']),
    )
    const exited = sandboxRejection(process.exited)
    // END is not sent: the link is torn, as when the host dies.
    const link = sandbox.bwrap.stdio[3]
    if (link !== null && link !== undefined && 'destroy' in link) link.destroy()
    await sandbox.over
    expect((await exited).code).to.equal('SANDBOX_ENDED')
    expect((await sandbox.session.ended).reason).to.equal('link-lost')
    await sandbox.session.close()
  })

  it('tells link-lost when the sandbox is killed from outside', async () => {
    const sandbox = await liveSandbox()
    const process = await sandbox.session.spawn(command(['sleep', '60']))
    sandbox.bwrap.kill('SIGKILL')
    await sandbox.over
    expect((await sandbox.session.ended).reason).to.equal('link-lost')
    await process.gone
    await sandbox.session.close()
  })

  it('is closed by close, with all that runs inside', async () => {
    const sandbox = await liveSandbox()
    const process = await sandbox.session.spawn(command(['sleep', '60']))
    await sandbox.session.close()
    await sandbox.over
    await process.gone
    expect(await sandbox.session.ended).to.deep.include({ reason: 'closed' })
  })
})
