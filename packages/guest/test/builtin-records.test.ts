import type { DriverOverlays, SessionNotice } from '@caisson/core'
import type { GuestSession, SetupOperation } from '@caisson/guest'
import { expect } from 'chai'
import { Reader } from '../dist/decode.js'
import { Writer } from '../dist/encode.js'
import { frameType } from '../dist/protocol.js'
import { sandboxRejection } from './rejection.ts'
import { exitPayload, spawnedPayload, type ScriptedPeer } from './scripted-peer.ts'
import { request } from './scripted-process.ts'
import { scriptedSession, type ScriptedSession } from './scripted-session.ts'

const overlay: Extract<SetupOperation, { kind: 'mount' }> = {
  kind: 'mount',
  index: 4,
  access: 'overlay',
  fileKind: 'directory',
  staged: '/s',
  target: '/w',
  upperBytes: 1,
  deny: [{ rule: 'deny[0]', components: ['x'] }],
  protect: [{ rule: 'protect[0]', components: ['y'] }],
}

/** Answers the builtin that the host starts next; tells its argv. */
async function answer(
  peer: ScriptedPeer,
  output: Uint8Array,
  end: { code?: number; stderr?: string } = {},
): Promise<string[]> {
  const { stream, payload } = await peer.expect(frameType.SPAWN)
  const reader = new Reader(payload)
  const argv = Array.from({ length: reader.count(4) }, () => reader.str(5000).toString())
  peer.send(frameType.SPAWNED, stream, spawnedPayload())
  if (output.length > 0) peer.send(frameType.DATA, stream, output, 1)
  if (end.stderr !== undefined && end.stderr !== '')
    peer.send(frameType.DATA, stream, Buffer.from(end.stderr), 2)
  peer.send(frameType.EXIT, stream, exitPayload(end.code ?? 0))
  peer.send(frameType.EOF, stream, undefined, 1)
  peer.send(frameType.EOF, stream, undefined, 2)
  peer.send(frameType.GONE, stream)
  return argv
}

function overlaysOf(session: GuestSession): DriverOverlays {
  if (session.overlays === null) throw new Error('no overlays')
  return session.overlays
}

function withOverlay(): Promise<ScriptedSession> {
  return scriptedSession({ operations: [overlay] })
}

type Change = [path: string | Uint8Array, type?: number, kind?: number, mode?: number]

function change(...[path, type = 1, kind = 0, mode = 0o644]: Change): Buffer {
  return new Writer().u8(type).u8(kind).u64(5).u32(mode).bytes(Buffer.from(path)).finish()
}

describe('overlay changes', () => {
  it('come with parents first, whatever the order', async () => {
    await using scripted = await withOverlay()
    const reading = overlaysOf(scripted.session).changes('/w', 10)
    const argv = await answer(
      scripted.peer,
      Buffer.concat([change('d/f', 2), change('a', 3), change('d', 1, 1)]),
    )
    expect(argv).to.deep.equal(['changes', '4', '10'])
    expect(await reading).to.deep.equal([
      { path: 'a', type: 'deleted', kind: 'file', size: 5, mode: 0o644 },
      { path: 'd', type: 'created', kind: 'directory', size: 0, mode: 0o644 },
      { path: 'd/f', type: 'modified', kind: 'file', size: 5, mode: 0o644 },
    ])
  })

  const breaches: [string, Buffer][] = [
    ['an absolute path', change('/etc/passwd')],
    ['a path that climbs', change('a/../../b')],
    ['a dot', change('.')],
    ['an empty path', change('')],
    ['a trailing slash', change('a/')],
    ['a NUL', change('a\0b')],
    ['a type that is none', change('a', 4)],
    ['type 0', change('a', 0)],
    ['a kind that is none', change('a', 1, 6)],
    ['a mode above 07777', change('a', 1, 0, 0o10000)],
    ['a path told twice', Buffer.concat([change('a'), change('a', 2)])],
    ['something below a file', Buffer.concat([change('a'), change('a/b')])],
    ['something below what was deleted', Buffer.concat([change('a', 3, 1), change('a/b')])],
    ['a path of 5000 bytes', change('a'.repeat(5000))],
    ['a record that is cut', change('abc').subarray(0, 12)],
  ]
  for (const [title, output] of breaches) {
    it(`end the session on ${title}`, async () => {
      await using scripted = await withOverlay()
      const reading = sandboxRejection(overlaysOf(scripted.session).changes('/w', 10))
      await answer(scripted.peer, output)
      expect((await reading).code).to.equal('PROTOCOL')
      expect((await scripted.session.ended).reason).to.equal('protocol')
    })
  }

  it('fail with EILSEQ for a name that is not UTF-8, and the session goes on', async () => {
    await using scripted = await withOverlay()
    const reading = sandboxRejection(overlaysOf(scripted.session).changes('/w', 10))
    await answer(scripted.peer, change(Buffer.from([0x61, 0xff])))
    expect((await reading).errno).to.equal('EILSEQ')
    const again = overlaysOf(scripted.session).changes('/w', 10)
    await answer(scripted.peer, Buffer.alloc(0))
    expect(await again).to.deep.equal([])
  })

  it('hit their limit when init counts more, and when it sends more', async () => {
    await using scripted = await withOverlay()
    const counted = sandboxRejection(overlaysOf(scripted.session).changes('/w', 1))
    await answer(scripted.peer, change('a'), { code: 2 })
    expect((await counted).code).to.equal('LIMIT')
    const sent = sandboxRejection(overlaysOf(scripted.session).changes('/w', 1))
    await answer(scripted.peer, Buffer.concat([change('a'), change('b')]))
    expect((await sent).code).to.equal('LIMIT')
  })
})

describe('a builtin that fails', () => {
  const lines: [string, string, string | undefined, string | undefined][] = [
    ['its errno, stage and path', 'EACCES open: /w/a b\n', 'EACCES', '/w/a b'],
    ['its last line', 'left out: /dev/x\nENOSPC write: /w/c\n', 'ENOSPC', '/w/c'],
    ['EIO when it says nothing', '', 'EIO', undefined],
    ['EIO when it says nonsense', '\u001b[2J!', 'EIO', undefined],
  ]
  for (const [title, stderr, errno, path] of lines) {
    it(`is told with ${title}`, async () => {
      await using scripted = await scriptedSession()
      const removing = sandboxRejection(scripted.session.fs.remove('/w', true))
      await answer(scripted.peer, Buffer.alloc(0), { code: 1, stderr })
      const error = await removing
      expect([error.code, error.errno, error.path]).to.deep.equal(['FILE', errno, path])
      expect(error.message).not.to.contain('\u001b')
    })
  }
})

describe('figures', () => {
  it('tell ports once each, in order, without 0', async () => {
    await using scripted = await scriptedSession()
    const ports = scripted.session.listeningPorts()
    await answer(scripted.peer, new Writer().u16(80).u16(22).u16(80).u16(0).finish())
    expect(await ports).to.deep.equal([22, 80])
  })

  for (const [title, size] of [
    ['cut', 19],
    ['too long', 21],
  ] as const) {
    it(`end the session when they are ${title}`, async () => {
      await using scripted = await scriptedSession()
      const usage = sandboxRejection(scripted.session.usage())
      await answer(scripted.peer, Buffer.alloc(size))
      expect((await usage).code).to.equal('PROTOCOL')
    })
  }
})

describe('the sentinel', () => {
  async function told(record: Buffer): Promise<{ notices: SessionNotice[]; reason: string }> {
    const notices: SessionNotice[] = []
    await using scripted = await scriptedSession({
      operations: [{ ...overlay, access: 'write', upperBytes: 0 }],
      sentinel: true,
      onNotice: (notice) => notices.push(notice),
    })
    await answer(scripted.peer, record)
    scripted.peer.send(frameType.PING, 0, Buffer.alloc(8))
    await Promise.race([scripted.peer.expect(frameType.PONG), scripted.session.ended])
    scripted.peer.link.destroy()
    return { notices, reason: (await scripted.session.ended).reason }
  }
  const record = (index: number, which: number, rule: string): Buffer =>
    new Writer().u32(index).u8(which).str(rule).str('/w/x').finish()
  const settled = new Writer().u32(0xffff_ffff).u8(0).str('').str('').finish()

  it('becomes notices, and its end is one', async () => {
    const { notices } = await told(record(4, 0, 'deny[0]'))
    expect(notices[0]).to.deep.equal({ kind: 'deny-created', path: '/w/x', rule: 'deny[0]' })
    expect(notices[1]?.kind).to.equal('log')
  })

  it('is heard on when an answer is late, and holds up no command for long', async () => {
    const notices: SessionNotice[] = []
    await using scripted = await scriptedSession({
      operations: [{ ...overlay, access: 'write', upperBytes: 0 }],
      sentinel: true,
      onNotice: (notice) => notices.push(notice),
    })
    const { peer, session } = scripted
    const sentinel = (await peer.expect(frameType.SPAWN)).stream
    peer.send(frameType.SPAWNED, sentinel, spawnedPayload())
    peer.send(frameType.DATA, sentinel, settled, 1)
    const spawning = session.spawn(request)
    const { stream } = await peer.expect(frameType.SPAWN)
    peer.send(frameType.SPAWNED, stream, spawnedPayload())
    const process = await spawning
    peer.send(frameType.EXIT, stream, exitPayload())
    expect((await process.exited).exitCode).to.equal(0)
    expect(notices.map(({ kind }) => kind)).to.deep.equal(['log'])
    peer.send(frameType.DATA, sentinel, Buffer.concat([record(4, 0, 'deny[0]'), settled]), 1)
    peer.send(frameType.PING, 0, Buffer.alloc(8))
    await peer.expect(frameType.PONG)
    expect(notices.map(({ kind }) => kind)).to.deep.equal(['log', 'deny-created'])
  })

  const breaches: [string, Buffer][] = [
    ['a mount that is not watched', record(5, 0, 'deny[0]')],
    ['a rule that does not exist', record(4, 0, 'deny[1]')],
    ['a protect rule that does not exist', record(4, 1, 'protect[1]')],
    ['more answers than there were questions', Buffer.concat(Array(3).fill(settled))],
    ['a list of rules that is none', record(4, 2, 'deny[0]')],
  ]
  for (const [title, bytes] of breaches) {
    it(`ends the session when it tells of ${title}`, async () => {
      expect((await told(bytes)).reason).to.equal('protocol')
    })
  }
})
