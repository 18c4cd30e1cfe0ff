import { PassThrough } from 'node:stream'
import { expect } from 'chai'
import * as fc from 'fast-check'
import { httpTunnel } from '../../dist/dial/http-parent.js'
import { RefusalError } from '../../dist/refusal.js'
import { never } from './fixture.ts'

/** What becomes of an answer that arrives in pieces: a refusal, or the bytes that the tunnel begins with. */
async function outcome(chunks: readonly Buffer[]): Promise<string> {
  const stream = Object.assign(new PassThrough(), { write: () => true })
  const wish = { authority: 'a.test:443', authorization: null }
  const tunnel = httpTunnel(stream, wish, never).then(
    () => 'tunnel ',
    (error: unknown) => (error instanceof RefusalError ? error.refusal.reason : 'crashed'),
  )
  for (const chunk of chunks) if (chunk.length > 0) stream.push(chunk)
  stream.push(null)
  const result = await tunnel
  if (result !== 'tunnel ') return result
  const rest: Buffer[] = []
  for await (const chunk of stream) rest.push(chunk as Buffer)
  return result + Buffer.concat(rest).toString('latin1')
}

const valid = Buffer.from('HTTP/1.1 200 OK\r\nVia: 1.1 p\r\nContent-Length: 0\r\n\r\nearly\r\n\r\n')

describe('the answer to CONNECT', () => {
  it('comes to the same however it is cut, and leaves exactly the rest to the tunnel', async () => {
    const expected = 'tunnel early\r\n\r\n'
    expect(await outcome([valid])).to.equal(expected)
    for (let cut = 1; cut < valid.length; cut += 1) {
      expect(await outcome([valid.subarray(0, cut), valid.subarray(cut)])).to.equal(expected)
    }
    expect(await outcome(Array.from(valid, (byte) => Buffer.from([byte])))).to.equal(expected)
  })

  it('is refused or understood the same way when it is mutated', async () => {
    const change = fc.record({ at: fc.nat(valid.length - 1), byte: fc.nat(255) })
    const changes = fc.array(change, { minLength: 1, maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(changes, fc.nat(valid.length), async (list, cut) => {
        const bytes = Buffer.from(valid)
        for (const { at, byte } of list) bytes[at] = byte
        const whole = await outcome([bytes])
        expect(whole).not.to.equal('crashed')
        expect(await outcome([bytes.subarray(0, cut), bytes.subarray(cut)])).to.equal(whole)
        if (!whole.startsWith('tunnel ')) return
        const end = bytes.indexOf('\r\n\r\n', 0, 'latin1') + 4
        expect(whole).to.equal(`tunnel ${bytes.subarray(end).toString('latin1')}`)
      }),
      { seed: 7, numRuns: 1000 },
    )
  })

  it('is refused when it is random', async () => {
    const random = fc.uint8Array({ maxLength: 400 })
    await fc.assert(
      fc.asyncProperty(random, async (bytes) => {
        expect(await outcome([Buffer.from(bytes)])).to.match(/^The upstream could not be reached/)
      }),
      { seed: 11, numRuns: 500 },
    )
  })
})
