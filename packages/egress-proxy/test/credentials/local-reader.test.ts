import type { SecretReference } from '@caisson/core'
import { expect } from 'chai'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CredentialProvider } from '../../dist/credentials/provider.js'
import { localReader } from '../../dist/credentials/local-reader.js'
import { faultOf, formsOf, never, settle, shown } from './fixture.ts'

const now = (): number => 5000

async function read(reference: SecretReference, signal: AbortSignal = never): Promise<string> {
  const { bytes, expiresAt } = await localReader({ now })(reference, signal)
  return `${JSON.stringify(bytes.toString())} ${String(expiresAt)}`
}

async function failure(reference: SecretReference, signal: AbortSignal = never): Promise<string> {
  const fault = await faultOf(() => read(reference, signal))
  expect(shown(fault)).not.to.match(/hunter2/)
  return fault.message
}

/** Whether a process is there that is not a zombie. */
function lives(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

describe('a secret that is read on the host', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'caisson-secret-'))
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
    delete process.env['CAISSON_TEST_SECRET']
  })

  const ends: readonly [written: string, read: string][] = [
    ['abc', 'abc'],
    ['abc\n', 'abc'],
    ['abc\r\n', 'abc'],
    ['abc\n\n', 'abc\n'],
    ['abc\r', 'abc\r'],
    ['a\nb\n', 'a\nb'],
    [' é ', ' é '],
  ]
  for (const [written, expected] of ends) {
    it(`is without the end of its last line: ${JSON.stringify(written)}`, async () => {
      const path = join(folder, 's')
      writeFileSync(path, written)
      process.env['CAISSON_TEST_SECRET'] = written
      const told = `${JSON.stringify(expected)} null`
      expect(await read({ file: path })).to.equal(told)
      expect(await read({ env: 'CAISSON_TEST_SECRET' })).to.equal(told)
      expect(await read({ static: written })).to.equal(told)
      expect(await read({ command: ['/bin/cat', path] })).to.equal(told)
    })
  }

  it('holds as long as the policy says', async () => {
    expect(await read({ static: 'abc', ttlMs: 100 })).to.equal('"abc" 5100')
  })

  it('is refused when it is empty', async () => {
    const path = join(folder, 's')
    writeFileSync(path, '\n')
    process.env['CAISSON_TEST_SECRET'] = ''
    expect(await failure({ file: path })).to.equal('file: it is empty')
    expect(await failure({ env: 'CAISSON_TEST_SECRET' })).to.equal('variable: it is empty')
    expect(await failure({ static: '\r\n' })).to.equal('static: it is empty')
    expect(await failure({ command: ['/bin/true'] })).to.equal('command: it is empty')
  })

  it('is refused when the variable is not set, or only the object’s own', async () => {
    expect(await failure({ env: 'CAISSON_TEST_SECRET' })).to.match(/is not set/)
    expect(await failure({ env: 'hasOwnProperty' })).to.match(/is not set/)
  })

  it('may be behind a link, as orchestrators mount them', async () => {
    writeFileSync(join(folder, 'data'), 'abc')
    symlinkSync(join(folder, 'data'), join(folder, 'link'))
    expect(await read({ file: join(folder, 'link') })).to.equal('"abc" null')
  })

  it('may be in a file of the kernel, which says that it is empty', async () => {
    expect(await read({ file: '/proc/self/comm' })).to.match(/^"[^"]+" null$/)
  })

  it('is of 1 MiB at most', async () => {
    const path = join(folder, 's')
    writeFileSync(path, Buffer.alloc(1_048_576, 0x61))
    expect(await read({ file: path })).to.have.length(1_048_576 + 7)
    writeFileSync(path, Buffer.alloc(1_048_577, 0x61))
    expect(await failure({ file: path })).to.match(/longer than 1 MiB/)
    expect(await failure({ file: '/dev/zero' })).to.equal('file: it is no plain file')
  })

  it('is not waited for in a pipe', async () => {
    const path = join(folder, 'pipe')
    execFileSync('mkfifo', [path])
    expect(await failure({ file: path })).to.equal('file: it is no plain file')
    expect(await failure({ file: folder })).to.equal('file: it is no plain file')
    expect(await failure({ file: join(folder, 'none') })).to.equal(
      'file: it could not be read (ENOENT)',
    )
  })

  it('shows nothing of itself', async () => {
    const secret = await localReader({ now })({ static: 'Zk3-the-secret' }, never)
    for (const form of formsOf('Zk3-the-secret')) expect(shown(secret)).not.to.include(form)
  })
})

describe('a secret that a command prints', () => {
  const sh = (script: string): SecretReference => ({ command: ['/bin/sh', '-c', script] })
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'caisson-command-'))
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  /** Resolves when the script has written its number there. */
  async function pidIn(path: string): Promise<number> {
    const until = Date.now() + 20_000
    while (Date.now() < until) {
      const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
      if (text.endsWith('\n')) return Number(text)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    throw new Error('the script did not start')
  }

  async function isGone(pid: number): Promise<boolean> {
    const until = Date.now() + 20_000
    while (lives(pid) && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 5))
    return !lives(pid)
  }

  it('is run without a shell', async () => {
    expect(await read({ command: ['/bin/echo', '$HOME', ';', 'id'] })).to.equal('"$HOME ; id" null')
  })

  it('is run with the host’s environment, and with nothing to read', async () => {
    process.env['CAISSON_TEST_SECRET'] = 'from-env'
    expect(await read(sh('cat; echo $CAISSON_TEST_SECRET'))).to.equal('"from-env" null')
    delete process.env['CAISSON_TEST_SECRET']
  })

  it('is refused, in words that hold nothing of what was printed', async () => {
    expect(await failure(sh('echo hunter2; echo hunter2 >&2; exit 3'))).to.equal(
      'command sh: it ended with code 3',
    )
    expect(await failure(sh('echo hunter2; kill -9 $$'))).to.equal(
      'command sh: it ended with SIGKILL',
    )
    expect(await failure({ command: ['/no/such/program', 'hunter2'] })).to.equal(
      'command program: it could not be started (ENOENT)',
    )
    expect(await failure({ command: ['/bin/true', 'nul\0hunter2'] })).to.match(
      /could not be started/,
    )
  })

  it('is of 64 KiB at most, however long it goes on', async () => {
    expect(await failure({ command: ['/usr/bin/yes', 'hunter2'] })).to.equal(
      'command yes: it printed more than 64 KiB',
    )
  })

  it('ends with whoever waits for it, with all that it started', async () => {
    const path = join(folder, 'pid')
    const controller = new AbortController()
    const script = `sleep 600 & echo $! > ${path}; wait`
    const failed = failure(sh(script), controller.signal)
    const pid = await pidIn(path)
    expect(lives(pid)).to.equal(true)
    controller.abort()
    expect(await failed).to.equal('command sh: it took too long')
    expect(await isGone(pid)).to.equal(true)
  })

  it('leaves nothing running behind itself', async () => {
    const path = join(folder, 'pid')
    const script = `sleep 600 >/dev/null & echo $! > ${path}; echo abc`
    expect(await read(sh(script))).to.equal('"abc" null')
    expect(await isGone(await pidIn(path))).to.equal(true)
  })

  it('does not wait for somebody else who keeps its output open', async () => {
    const path = join(folder, 'pid')
    const script = `setsid sh -c 'echo $$ > ${path}; exec sleep 600' & while [ ! -s ${path} ]; do :; done; echo abc`
    expect(await read(sh(script))).to.equal('"abc" null')
    const pid = await pidIn(path)
    expect(lives(pid)).to.equal(true)
    process.kill(pid, 'SIGKILL')
    expect(await isGone(pid)).to.equal(true)
  })

  it('is not started for somebody who left', async () => {
    const gone = AbortSignal.abort()
    expect(await failure({ command: ['/bin/touch', join(folder, 'ran')] }, gone)).to.match(
      /given up/,
    )
    expect(existsSync(join(folder, 'ran'))).to.equal(false)
  })
})

describe('a secret that a function hands out', () => {
  function ask(provider: CredentialProvider, signal: AbortSignal = never): Promise<string> {
    const reader = localReader({ now, providers: { mine: provider } })
    return reader({ provider: 'mine' }, signal, 'key').then(
      ({ bytes, expiresAt }) => `${bytes.toString()} ${String(expiresAt)}`,
    )
  }

  it('is asked for by the id of its credential', async () => {
    expect(await ask(({ credential }) => ({ value: credential }))).to.equal('key null')
  })

  it('holds until it says, or the policy', async () => {
    const provider = (): { value: string; expiresAt: number } => ({ value: 'abc', expiresAt: 9000 })
    expect(await ask(provider)).to.equal('abc 9000')
    const reader = localReader({ now, providers: { mine: provider } })
    const sooner = await reader({ provider: 'mine', ttlMs: 10 }, never)
    const later = await reader({ provider: 'mine', ttlMs: 100_000 }, never)
    expect([sooner.expiresAt, later.expiresAt]).to.deep.equal([5010, 9000])
  })

  const odd: readonly [what: string, answer: unknown][] = [
    ['nothing', undefined],
    ['a bare text', 'hunter2'],
    ['no value', {}],
    ['an empty value', { value: '' }],
    ['a value that is no text', { value: Buffer.from('hunter2') }],
    ['too much', { value: 'x'.repeat(1_048_577) }],
    ['an end that is no number', { value: 'hunter2', expiresAt: '9000' }],
    ['an end that is none', { value: 'hunter2', expiresAt: Number.NaN }],
    ['a date', { value: 'hunter2', expiresAt: new Date() }],
    ['what has expired', { value: 'hunter2', expiresAt: 5000 }],
  ]
  for (const [what, answer] of odd) {
    it(`is refused when the function answers ${what}`, async () => {
      const fault = await faultOf(() => ask(() => answer as { value: string }))
      expect(fault.message).to.match(/^provider mine: /)
      expect(shown(fault)).not.to.include('hunter2')
    })
  }

  it('is refused when the function throws, at once or later, without what it threw', async () => {
    const thrown = new Error('hunter2')
    const now = (): never => {
      throw thrown
    }
    for (const provider of [now, () => Promise.reject(thrown)]) {
      const fault = await faultOf(() => ask(provider))
      expect([fault.message, fault.cause]).to.deep.equal(['provider mine: it failed', undefined])
      expect(shown(fault)).not.to.include('hunter2')
    }
  })

  it('is refused when there is no such function', async () => {
    for (const provider of ['other', 'toString', '__proto__']) {
      const reader = localReader({ now, providers: {} })
      const fault = await faultOf(() => reader({ provider }, never, 'key'))
      expect(fault.message).to.equal(`provider ${provider}: there is none of that name`)
    }
  })

  it('is not waited for longer than whoever asks, and never asked for twice at a time', async () => {
    let running = 0
    let most = 0
    const ends: (() => void)[] = []
    const provider: CredentialProvider = async () => {
      running += 1
      most = Math.max(most, running)
      await new Promise<void>((resolve) => ends.push(resolve))
      running -= 1
      return { value: 'abc' }
    }
    const reader = localReader({ now, providers: { mine: provider } })
    const controller = new AbortController()
    const first = faultOf(() => reader({ provider: 'mine' }, controller.signal, 'key'))
    await settle()
    controller.abort()
    expect((await first).message).to.equal('provider mine: it took too long')
    const second = reader({ provider: 'mine' }, never, 'key')
    await settle()
    expect([running, ends.length]).to.deep.equal([1, 1])
    ends.shift()?.()
    await settle()
    ends.shift()?.()
    expect((await second).bytes.toString()).to.equal('abc')
    expect(most).to.equal(1)
  })
})
