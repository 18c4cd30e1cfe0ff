import { expect } from 'chai'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileSink, type LineSink } from '../../dist/audit/line-sink-source.js'
import { openTrail } from '../../dist/audit/open-trail.js'
import { verifyAuditTrail } from '../../dist/audit/verify-trail.js'
import { decision, nothing } from './made-up.ts'

describe('an audit trail in a file', () => {
  let folder = ''
  const at = (name: string): string => join(folder, name)
  const open = (path: string, broken: string[] = []): LineSink =>
    fileSink(path, { closeMs: 1000, onBroken: (what) => broken.push(what) })

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'caisson-audit-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('has every line in the file as soon as it was told', async () => {
    const path = at('trail')
    const trail = openTrail({ path, strict: true }, 'box', () => undefined)
    trail.decided(decision(1), nothing)
    expect(readFileSync(path, 'utf8').split('\n')).to.have.length(3)
    await trail.close()
    expect(verifyAuditTrail(readFileSync(path, 'utf8'))).to.include({ whole: true, closed: true })
  })

  it('makes the file for its owner alone, also where it was there for others', async () => {
    writeFileSync(at('there'), '')
    chmodSync(at('there'), 0o666)
    for (const name of ['new', 'there']) {
      const sink = open(at(name))
      expect(statSync(at(name)).mode & 0o777).to.equal(0o600)
      await sink.close()
    }
  })

  const refused: readonly [what: string, prepare: () => string][] = [
    [
      'a symbolic link',
      () => {
        writeFileSync(at('target'), '')
        symlinkSync(at('target'), at('link'))
        return at('link')
      },
    ],
    [
      'a file with a second name',
      () => {
        writeFileSync(at('one'), '')
        linkSync(at('one'), at('two'))
        return at('two')
      },
    ],
    [
      'a file with something in it',
      () => {
        writeFileSync(at('full'), 'x')
        return at('full')
      },
    ],
    [
      'a folder',
      () => {
        mkdirSync(at('folder'))
        return at('folder')
      },
    ],
    [
      'a pipe that nobody reads',
      () => {
        execFileSync('mkfifo', [at('pipe')])
        return at('pipe')
      },
    ],
    ['a device', () => '/dev/full'],
  ]
  for (const [what, prepare] of refused) {
    it(`does not take ${what}`, () => {
      const path = prepare()
      expect(() => open(path)).to.throw()
    })
  }

  it('is not shared by two trails', async () => {
    const first = openTrail({ path: at('trail') }, 'one', () => undefined)
    expect(() => openTrail({ path: at('trail') }, 'two', () => undefined)).to.throw(TypeError)
    await first.close()
  })

  it('takes nothing after its end', async () => {
    const sink = open(at('trail'))
    await sink.close()
    await sink.close()
    expect([sink.hasRoom, sink.take('x\n')]).to.deep.equal([false, false])
  })

  it('stops for good at a line that the disk took in part, and says so', () => {
    const script = `
      import { fileSink } from ${JSON.stringify(new URL('../../dist/audit/line-sink-source.js', import.meta.url).href)}
      process.on('SIGXFSZ', () => undefined)
      const sink = fileSink(process.argv[1], { closeMs: 100, onBroken: (what) => console.log(what) })
      const line = 'x'.repeat(3000) + '\\n'
      console.log(sink.take(line), sink.hasRoom, sink.take('y\\n'))
    `
    // A limit on the size of files (setrlimit(2)) does what a full disk does: a write in part, then none.
    const told = execFileSync(
      '/bin/sh',
      [
        '-c',
        'ulimit -f 4 && exec "$0" --input-type=module -e "$1" "$2"',
        process.execPath,
        script,
        at('trail'),
      ],
      { encoding: 'utf8' },
    )
    expect(told).to.equal('audit.path: a line could not be written (EFBIG)\nfalse false false\n')
    const written = readFileSync(at('trail'), 'latin1')
    expect(written).to.match(/^x+$/)
    expect(verifyAuditTrail(written)).to.include({ whole: false })
  })
})
