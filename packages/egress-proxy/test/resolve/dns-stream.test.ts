import { expect } from 'chai'
import { PassThrough } from 'node:stream'
import { frameDnsMessage, readDnsMessages } from '../../dist/resolve/dns-stream.js'

const messages = [Buffer.from('first'), Buffer.alloc(0), Buffer.alloc(512, 1), Buffer.from('last')]
const bytes = Buffer.concat(messages.map(frameDnsMessage))

async function read(stream: PassThrough): Promise<Buffer[]> {
  const found: Buffer[] = []
  for await (const message of readDnsMessages(stream)) found.push(Buffer.from(message))
  return found
}

describe('readDnsMessages', () => {
  it('reads what frameDnsMessage wrote, wherever it is cut, and leaves the stream open', async () => {
    for (const size of [1, 2, 3, 7, 513, bytes.length]) {
      const stream = new PassThrough({ autoDestroy: false })
      for (let at = 0; at < bytes.length; at += size) stream.write(bytes.subarray(at, at + size))
      stream.end()
      expect(await read(stream)).to.deep.equal(messages)
      expect(stream.destroyed).to.equal(false)
      stream.destroy()
    }
  })

  it('drops a message that is cut by the end', async () => {
    const stream = new PassThrough()
    stream.end(bytes.subarray(0, bytes.length - 1))
    expect(await read(stream)).to.deep.equal(messages.slice(0, -1))
  })

  it('throws for a message that is too long, before it came', async () => {
    const stream = new PassThrough()
    stream.write(Buffer.from([2, 1]))
    const failure = await read(stream).catch((error: unknown) => error)
    expect(failure).to.be.instanceOf(RangeError)
    stream.destroy()
  })
})
