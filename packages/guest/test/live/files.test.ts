import { expect } from 'chai'
import { randomBytes } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { rejection, sandboxRejection } from '../rejection.ts'
import {
  command,
  liveObstacle,
  whySkipped,
  liveSandbox,
  shell,
  type LiveSandbox,
} from './live-sandbox.ts'
import { tarEntry, tarOf } from './tar-file.ts'

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of source) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

describe(`files inside${whySkipped()}`, function () {
  let sandbox: LiveSandbox

  before(async function () {
    if (liveObstacle() !== undefined) this.skip()
    sandbox = await liveSandbox()
  })
  after(async () => {
    await sandbox?.[Symbol.asyncDispose]()
  })

  it('are written and read, small, empty and larger than a call', async () => {
    const { fs } = sandbox.session
    for (const size of [0, 1, 4096, 524_288, 524_289, 2_000_003]) {
      const data = randomBytes(size)
      await fs.write('/tmp/data', data, { mode: 0o640, how: 'replace' })
      expect(Buffer.from(await fs.read('/tmp/data', size)).equals(data), `${size}`).to.equal(true)
      expect(await fs.stat('/tmp/data', true)).to.deep.include({ size, kind: 'file', mode: 0o640 })
    }
    await fs.write('/tmp/data', Buffer.from('a'), { mode: 0o640, how: 'replace' })
    await fs.write('/tmp/data', Buffer.from('b'), { mode: 0o640, how: 'append' })
    expect(Buffer.from(await fs.read('/tmp/data', 9)).toString()).to.equal('ab')
  })

  it('are read up to the bound and no further', async () => {
    const { fs } = sandbox.session
    await fs.write('/tmp/ten', Buffer.alloc(10), { mode: 0o600, how: 'replace' })
    expect((await fs.read('/tmp/ten', 10)).length).to.equal(10)
    expect((await sandboxRejection(fs.read('/tmp/ten', 9))).code).to.equal('LIMIT')
    expect((await sandboxRejection(fs.read('/tmp/ten', 0))).code).to.equal('LIMIT')
    expect((await fs.read('/proc/self/status', 100_000)).length).to.be.greaterThan(100)
  })

  it('have the whole set of small operations', async () => {
    const { fs } = sandbox.session
    await fs.makeDirectory('/tmp/d/e/f', true, 0o755)
    await fs.makeDirectory('/tmp/d/e/f', true, 0o755)
    await fs.write('/tmp/d/ünï', Buffer.from('x'), { mode: 0o644, how: 'new' })
    await fs.symlink('ünï', '/tmp/d/link')
    expect(await fs.readLink('/tmp/d/link')).to.equal('ünï')
    expect(await fs.realPath('/tmp/d/e/../link')).to.equal('/tmp/d/ünï')
    expect((await fs.stat('/tmp/d/link', false)).kind).to.equal('symlink')
    expect((await fs.stat('/tmp/d/link', true)).kind).to.equal('file')
    await fs.chmod('/tmp/d/link', 0o600)
    await fs.truncate('/tmp/d/link', 5)
    await fs.setTimes('/tmp/d/ünï', 1_600_000_000_123.5, 1_700_000_000_456.25)
    const stat = await fs.stat('/tmp/d/ünï', true)
    expect([stat.mode, stat.size, stat.accessedMs, stat.modifiedMs]).to.deep.equal([
      0o600, 5, 1_600_000_000_123.5, 1_700_000_000_456.25,
    ])
    await fs.rename('/tmp/d/ünï', '/tmp/d/plain')
    await fs.copy('/tmp/d', '/tmp/copy')
    const names = (await fs.list('/tmp/copy')).toSorted((a, b) => (a.name < b.name ? -1 : 1))
    expect(names).to.deep.equal([
      { name: 'e', kind: 'directory' },
      { name: 'link', kind: 'symlink' },
      { name: 'plain', kind: 'file' },
    ])
    await fs.remove('/tmp/copy/plain', false)
    await fs.remove('/tmp/copy', true)
    await fs.remove('/tmp/d', true)
    expect((await sandboxRejection(fs.stat('/tmp/d', false))).errno).to.equal('ENOENT')
  })

  it('are listed, however many', async () => {
    await shell(
      sandbox,
      'mkdir /tmp/many && cd /tmp/many && seq -f "a-rather-long-name-that-fills-pages-%g" 9000 | xargs touch',
    )
    const names = await sandbox.session.fs.list('/tmp/many')
    expect(new Set(names.map(({ name }) => name)).size).to.equal(9000)
    await sandbox.session.fs.remove('/tmp/many', true)
  })

  it('fail with the errno that the kernel gave', async () => {
    const { fs } = sandbox.session
    const data = Buffer.from('x')
    await fs.write('/tmp/file', data, { mode: 0o600, how: 'replace' })
    const failures: [string, () => Promise<unknown>][] = [
      ['ENOENT', () => fs.read('/tmp/nothing', 10)],
      ['EEXIST', () => fs.write('/tmp/file', data, { mode: 0o600, how: 'new' })],
      ['ENOTDIR', () => fs.stat('/tmp/file/x', true)],
      ['ENOTDIR', () => fs.list('/tmp/file')],
      ['EISDIR', () => fs.write('/tmp', data, { mode: 0o600, how: 'replace' })],
      ['EINVAL', () => fs.read('/dev/zero', 10)],
      ['EROFS', () => fs.write('/usr/x', data, { mode: 0o600, how: 'new' })],
      ['EINVAL', () => fs.readLink('/tmp/file')],
      ['ENOENT', () => fs.remove('/tmp/nothing', true)],
      ['ENOENT', () => fs.copy('/tmp/nothing', '/tmp/x')],
    ]
    for (const [errno, failing] of failures) {
      const error = await sandboxRejection(failing())
      expect([error.code, error.errno], error.message).to.deep.equal(['FILE', errno])
    }
  })

  it('refuse paths that are no paths, as misuse', async () => {
    const { fs } = sandbox.session
    for (const path of ['tmp', '', '/a\0b', `/${'x'.repeat(4095)}`, '/\ud800']) {
      expect(await rejection(fs.stat(path, true)), path.slice(0, 9)).to.be.instanceOf(TypeError)
      expect(await rejection(fs.remove(path, true)), path.slice(0, 9)).to.be.instanceOf(TypeError)
    }
  })

  it('with names that are not UTF-8 are refused by name, never misnamed', async () => {
    await shell(
      sandbox,
      'mkdir /tmp/odd && touch "/tmp/odd/$(printf "a\\377")" && ln -s "$(printf "\\377")" /tmp/odd-link',
    )
    const error = await sandboxRejection(sandbox.session.fs.list('/tmp/odd'))
    expect([error.code, error.errno, error.path]).to.deep.equal(['FILE', 'EILSEQ', 'a\\xff'])
    const link = await sandboxRejection(sandbox.session.fs.readLink('/tmp/odd-link'))
    expect(link.errno).to.equal('EILSEQ')
    await sandbox.session.fs.remove('/tmp/odd', true)
    expect((await sandbox.session.fs.stat('/', true)).kind).to.equal('directory')
  })

  it('are called a thousand at once', async () => {
    const { fs } = sandbox.session
    const all = Array.from({ length: 1000 }, (_, index) => index)
    await fs.makeDirectory('/tmp/thousand', false, 0o755)
    await Promise.all(
      all.map((n) =>
        fs.write(`/tmp/thousand/${n}`, Buffer.from(`${n}`), { mode: 0o600, how: 'new' }),
      ),
    )
    const read = await Promise.all(all.map((n) => fs.read(`/tmp/thousand/${n}`, 10)))
    expect(read.map((bytes) => Number(Buffer.from(bytes).toString()))).to.deep.equal(all)
  })

  it('go out as a tar and come back the same', async () => {
    const { fs } = sandbox.session
    const script = [
      'mkdir -p /tmp/src/deep/er && cd /tmp/src',
      'head -c 3000000 /dev/urandom > big; : > empty; ln -s big link; ln big hard; mkfifo fifo',
      `echo x > "deep/er/${'long-name-'.repeat(20)}"; chmod 751 deep; touch -d @1600000000.5 empty`,
    ].join('; ')
    expect((await shell(sandbox, script)).exitCode).to.equal(0)
    const tar = await collect(fs.tarOut('/tmp/src'))
    await fs.makeDirectory('/tmp/dst', false, 0o755)
    await fs.tarIn('/tmp/dst', chunksOf(tar, 10_007))
    const differ = await shell(
      sandbox,
      'test -p /tmp/dst/fifo && rm /tmp/src/fifo /tmp/dst/fifo && diff -r --no-dereference /tmp/src /tmp/dst && stat -c "%a %Y" /tmp/dst/deep /tmp/dst/empty',
    )
    expect(differ.stdout.toString()).to.match(/^751 \d+\n644 1600000000\n$/)
  })

  it('go out as a tar that the usual tar reads', async () => {
    const cat = await sandbox.session.spawn(command(['tar', '-tf', '-'], { stdin: 'pipe' }))
    const listing: Uint8Array[] = []
    cat.onOutput((stream, chunk) => {
      listing.push(chunk)
      cat.consumed(stream, chunk.length)
    })
    for await (const chunk of sandbox.session.fs.tarOut('/tmp/src')) await cat.write(chunk)
    cat.closeStdin()
    expect((await cat.exited).exitCode).to.equal(0)
    expect(Buffer.concat(listing).toString()).to.match(/big\n/)
  })

  const malicious: [string, Buffer[]][] = [
    ['a path that climbs', [tarEntry('../escaped', 'x')]],
    ['an absolute path', [tarEntry('/tmp/escaped', 'x')]],
    [
      'a path through a link that it brought',
      [tarEntry('way', '', '2', '/tmp'), tarEntry('way/escaped', 'x')],
    ],
    [
      'a hard link to a file outside',
      [tarEntry('h', '', '1', '/tmp/victim'), tarEntry('h', 'changed')],
    ],
    ['a hard link that climbs', [tarEntry('h', '', '1', '../victim'), tarEntry('h', 'changed')]],
    ['a device', [tarEntry('dev', '', '3')]],
    ['bytes that are no tar', [Buffer.alloc(1024, 'x')]],
    ['an archive that is cut', [tarEntry('cut', 'x'.repeat(600)).subarray(0, 700)]],
  ]
  for (const [title, entries] of malicious) {
    it(`come in from a tar, but not with ${title}`, async () => {
      const { fs } = sandbox.session
      await fs.write('/tmp/victim', Buffer.from('whole'), { mode: 0o600, how: 'replace' })
      await fs.makeDirectory('/tmp/target', true, 0o755)
      const error = await sandboxRejection(fs.tarIn('/tmp/target', chunksOf(tarOf(entries), 512)))
      expect(error.code).to.equal('FILE')
      expect(Buffer.from(await fs.read('/tmp/victim', 10)).toString()).to.equal('whole')
      expect((await sandboxRejection(fs.stat('/tmp/escaped', false))).errno).to.equal('ENOENT')
      await fs.remove('/tmp/target', true)
    })
  }

  it('come in without setuid bits', async () => {
    const { fs } = sandbox.session
    await fs.makeDirectory('/tmp/setuid', true, 0o755)
    await fs.tarIn('/tmp/setuid', chunksOf(tarOf([tarEntry('s', 'x', '0', '', 0o6755)]), 512))
    expect((await fs.stat('/tmp/setuid/s', false)).mode).to.equal(0o755)
  })

  it('report the error of a tar whose source fails', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield tarEntry('a', 'x')
      throw new RangeError('mine')
    }
    await sandbox.session.fs.makeDirectory('/tmp/broken', true, 0o755)
    expect(await rejection(sandbox.session.fs.tarIn('/tmp/broken', broken()))).to.be.instanceOf(
      RangeError,
    )
  })

  it('can be read in part: leaving the loop ends the worker', async () => {
    for await (const chunk of sandbox.session.fs.tarOut('/usr')) {
      expect(chunk.length).to.be.greaterThan(0)
      break
    }
    expect((await shell(sandbox, 'echo alive')).output).to.equal('alive\n')
  })

  it('are watched, with folders made meanwhile, until the signal aborts', async () => {
    const { fs } = sandbox.session
    await fs.makeDirectory('/tmp/watched', true, 0o755)
    const controller = new AbortController()
    const seen: string[] = []
    const watching = (async () => {
      for await (const event of fs.watch('/tmp/watched', {
        recursive: true,
        signal: controller.signal,
      })) {
        seen.push(`${event.type} ${event.path}`)
        if (event.path.endsWith('last')) controller.abort()
      }
    })()
    let tries = 0
    while (!controller.signal.aborted && tries < 1000) {
      tries += 1
      await shell(
        sandbox,
        'mkdir -p /tmp/watched/new; sleep 0.05; echo x > /tmp/watched/new/a; rm -f /tmp/watched/new/a; echo > /tmp/watched/last; rm /tmp/watched/last',
      )
    }
    await watching
    expect(seen).to.include('create /tmp/watched/last')
  })

  it('cannot be watched where nothing is', async () => {
    const events = sandbox.session.fs.watch('/tmp/nowhere', { recursive: false })
    const error = await sandboxRejection(events[Symbol.asyncIterator]().next())
    expect([error.code, error.errno]).to.deep.equal(['FILE', 'ENOENT'])
  })

  it('are served over a connection to a server inside', async () => {
    const script =
      'import socket as s\nl=s.create_server(("127.0.0.1",0));print(l.getsockname()[1],flush=True)\nwhile 1:\n c,_=l.accept()\n d=b""\n while (x:=c.recv(65536)): d+=x\n c.sendall(d[::-1]);c.close()'
    const server = await sandbox.session.spawn(command(['python3', '-c', script]))
    const port = await new Promise<number>((resolve) => {
      server.onOutput((_, chunk) => resolve(Number(Buffer.from(chunk).toString())))
    })
    expect(await sandbox.session.listeningPorts()).to.include(port)
    const data = 'abcdefghij'.repeat(100_000)
    const connections = await Promise.all([1, 2, 3].map(() => sandbox.session.connect(port)))
    const answers = await Promise.all(
      connections.map(async (connection) => {
        connection.end(data)
        return await text(connection)
      }),
    )
    for (const answer of answers) expect(answer === 'jihgfedcba'.repeat(100_000)).to.equal(true)
    const dropped = await sandbox.session.connect(port)
    dropped.destroy()
    await server.kill('SIGKILL', 'tree')
    await server.gone
    const error = await sandboxRejection(sandbox.session.connect(port))
    expect(error.errno).to.equal('ECONNREFUSED')
    expect(await rejection(sandbox.session.connect(0))).to.be.instanceOf(TypeError)
  })
})
