import { expect } from 'chai'
import {
  hostFolder,
  liveObstacle,
  whySkipped,
  liveSandbox,
  shell,
  type LiveSandbox,
} from './live/live-sandbox.ts'
import { tarEntry, tarOf } from './live/tar-file.ts'
import { mount } from './init-sandbox.ts'
import { sandboxRejection } from './rejection.ts'

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** One record of a pax header: its own length, key and value. */
function pax(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  let length = Buffer.byteLength(rest) + 1
  while (String(length).length + Buffer.byteLength(rest) !== length) length += 1
  return `${length}${rest}`
}

/** An entry with one field of its header overwritten and its checksum made good. */
function altered(entry: Buffer, at: number, field: string): Buffer {
  const header = Buffer.from(entry)
  header.write(field, at)
  header.fill(' ', 148, 156)
  const sum = header.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return header
}

const long = `${'long-name/'.repeat(15)}file`

describe(`tar-in${whySkipped()}`, function () {
  let sandbox: LiveSandbox
  let host: ReturnType<typeof hostFolder>

  before(async function () {
    if (liveObstacle() !== undefined) this.skip()
    host = hostFolder()
    sandbox = await liveSandbox({ operations: [mount()], staged: [host.path] })
  })
  after(async () => {
    await sandbox?.[Symbol.asyncDispose]()
    host?.[Symbol.dispose]()
  })
  beforeEach(async () => {
    await shell(sandbox, 'cd /work && find . -mindepth 1 -delete; mkdir in; echo whole > victim')
  })

  const unpack = (entries: readonly Buffer[], size = 512): Promise<void> =>
    sandbox.session.fs.tarIn('/work/in', pieces(tarOf(entries), size))
  const found = async (): Promise<string> =>
    (await shell(sandbox, 'cd /work && find . -mindepth 1 | sort && cat victim')).stdout.toString()

  const nothing = './in\n./victim\nwhole\n'
  const honest: readonly (readonly [string, readonly Buffer[], string])[] = [
    ['pax names', [tarEntry('x', pax('path', 'ü/ñ 漢'), 'x'), tarEntry('short', 'c')], 'ü/ñ 漢'],
    ['GNU long names', [tarEntry('././@LongLink', `${long}\0`, 'L'), tarEntry('s', 'c')], long],
    [
      'global headers, which mean nothing',
      [tarEntry('g', pax('comment', 'c'), 'g'), tarEntry('s', 'c')],
      's',
    ],
    ['leading `./`', [tarEntry('./d/', '', '5', '', 0o755), tarEntry('./d/s', 'c')], 'd/s'],
  ]
  for (const [what, entries, path] of honest) {
    it(`understands ${what}, in pieces of any size`, async () => {
      for (const size of [1, 511, 100_000]) {
        await unpack(entries, size)
        const bytes = await sandbox.session.fs.read(`/work/in/${path}`, 9)
        expect(Buffer.from(bytes).toString()).to.equal('c')
      }
    })
  }

  const hostile: readonly (readonly [string, readonly Buffer[]])[] = [
    ['climbs in a pax name', [tarEntry('x', pax('path', '../victim'), 'x'), tarEntry('a', 'bad')]],
    [
      'climbs in a long name',
      [tarEntry('././@LongLink', '../victim\0', 'L'), tarEntry('a', 'bad')],
    ],
    [
      'is absolute in a pax name',
      [tarEntry('x', pax('path', '/work/victim'), 'x'), tarEntry('a', 'bad')],
    ],
    ['climbs after a folder', [tarEntry('d/../../victim', 'bad')]],
    [
      'links in a pax header to what is outside',
      [
        tarEntry('x', pax('linkpath', '../victim'), 'x'),
        tarEntry('h', '', '1', 'a'),
        tarEntry('h', 'bad'),
      ],
    ],
    [
      'lies about its size in a pax header',
      [tarEntry('x', pax('size', '99999999999'), 'x'), tarEntry('a', 'b')],
    ],
    ['has a size that is no number', [altered(tarEntry('a', 'b'), 124, '9x999999999')]],
    [
      'has a negative size',
      [altered(tarEntry('a', 'b'), 124, '\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff')],
    ],
    ['has a wrong checksum', [Buffer.concat([tarEntry('a', 'b').fill('z', 0, 1)])]],
    ['has a pax header without end', [tarEntry('x', '999999 path=a\n', 'x'), tarEntry('a', 'b')]],
    ['has a NUL in a pax name', [tarEntry('x', pax('path', 'a\0b'), 'x'), tarEntry('a', 'b')]],
    ['brings a device', [tarEntry('dev', '', '4')]],
  ]
  for (const [what, entries] of hostile) {
    it(`refuses an archive that ${what}, and touches nothing outside`, async () => {
      expect((await sandboxRejection(unpack(entries))).code).to.equal('FILE')
      expect(await found()).to.match(/^\.\/in\n(\.\/in\/.*\n)*\.\/victim\nwhole\n$/)
    })
  }

  it('writes through no link, brought along or found', async () => {
    const brought = [tarEntry('way', '', '2', '..'), tarEntry('way/victim', 'bad')]
    await sandboxRejection(unpack(brought))
    await shell(sandbox, 'rm /work/in/way; ln -s .. /work/in/there; ln -s ../victim /work/in/leaf')
    await sandboxRejection(unpack([tarEntry('there/victim', 'bad')]))
    await unpack([tarEntry('leaf', 'new')])
    expect(await found()).to.equal(`./in\n./in/leaf\n./in/there\n./victim\nwhole\n`)
    expect((await sandbox.session.fs.stat('/work/in/leaf', false)).kind).to.equal('file')
  })

  it('leaves out setuid and setgid, of folders too', async () => {
    await unpack([tarEntry('d/', '', '5', '', 0o2777), tarEntry('d/s', '#!', '0', '', 0o6755)])
    expect((await sandbox.session.fs.stat('/work/in/d', false)).mode & 0o6000).to.equal(0)
    expect((await sandbox.session.fs.stat('/work/in/d/s', false)).mode).to.equal(0o755)
  })

  it('refuses an archive that is cut, wherever it is', async () => {
    const whole = Buffer.concat([tarEntry('a', 'x'.repeat(2000)), tarEntry('b', 'y')])
    for (const length of [1, 511, 513, 1000, 2559, 2561, 3000]) {
      const cut = sandbox.session.fs.tarIn('/work/in', pieces(whole.subarray(0, length), 512))
      expect((await sandboxRejection(cut)).code, `${length}`).to.equal('FILE')
    }
    expect(await found()).to.not.equal(nothing)
  })
})
