import { expect } from 'chai'
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ChildLink, type Said } from '../../dist/isolated/child-link.js'
import { parentOf } from './processes.ts'

const usage = { allowed: 0, denied: 0, bytesOut: 0, bytesIn: 0, openConnections: 0 }

describe('the host’s end of the channel', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'caisson-link-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  /** A process that runs something else than ours. */
  function imposter(code: string): { link: ChildLink; pid: number; said: Said[] } {
    const path = join(folder, 'imposter.mjs')
    writeFileSync(path, code)
    const said: Said[] = []
    const child = fork(path, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
    return { link: new ChildLink(child, (one) => said.push(one)), pid: child.pid ?? 0, said }
  }

  const stay = 'setInterval(() => undefined, 1000);'
  const server = `
    import { createServer } from 'node:net'
    const server = createServer().listen(0, '127.0.0.1', () =>
      process.send(${JSON.stringify({ kind: 'told', upTo: 0, news: [], usage })}, server))
  `
  const may = 'its process said something that it may not'
  const nonsense: readonly [what: string, code: string, told: string][] = [
    ['says what is no message', `${stay} process.send({ kind: 'x' })`, may],
    ['says nothing at all', `${stay} process.send('')`, may],
    [
      'says more than it may',
      `${stay} process.send(${JSON.stringify({ kind: 'told', upTo: 0, news: [], usage, more: 1 })})`,
      may,
    ],
    [
      'calls what there is not',
      `${stay} process.send({ kind: 'call', id: 1, call: { name: 'eval', code: '1' } })`,
      may,
    ],
    [
      'uses the prototype',
      `${stay} process.send(JSON.parse('{"kind":"abort","id":1,"__proto__":{"a":1}}'))`,
      may,
    ],
    ['hands over a socket', `${server}; ${stay}`, may],
    [
      'answers what it was not asked',
      `${stay} process.send({ kind: 'done', id: 7, value: null })`,
      'its process answered what it was not asked',
    ],
    ['closes the channel and stays', `${stay} process.disconnect()`, 'its process ended (SIGKILL)'],
    ['ends', 'process.exit(3)', 'its process ended (3)'],
  ]
  for (const [what, code, told] of nonsense) {
    it(`ends a process that ${what}`, async () => {
      const { link, pid, said } = imposter(code)
      expect(await link.gone).to.equal(told)
      expect(said).to.deep.equal([])
      expect(parentOf(pid)).to.equal(null)
      const late: unknown = await link
        .ask({ kind: 'close' }, { ms: 1000 })
        .catch((thrown: unknown) => thrown)
      expect(late).to.include({ code: 'SANDBOX_ENDED' })
    })
  }

  it('ends a process that does not answer in time', async () => {
    const { link, pid } = imposter(`process.on('message', () => undefined)`)
    const error: unknown = await link
      .ask({ kind: 'update', policy: {} }, { ms: 50 })
      .catch((thrown: unknown) => thrown)
    expect(error).to.include({ code: 'SANDBOX_ENDED' })
    expect(await link.gone).to.equal('its process did not answer to update in time')
    expect(parentOf(pid)).to.equal(null)
  })

  it('takes what is in order', async () => {
    const { link, said } = imposter(`
      process.send(${JSON.stringify({ kind: 'told', upTo: 0, news: [], usage })})
      process.on('message', ({ id }) => process.send({ kind: 'done', id, value: 5 }))
    `)
    expect(await link.ask({ kind: 'close' }, { ms: 10_000 })).to.equal(5)
    expect(said).to.have.length(1)
    link.kill('the test is over')
    expect(await link.gone).to.equal('the test is over')
  })
})
