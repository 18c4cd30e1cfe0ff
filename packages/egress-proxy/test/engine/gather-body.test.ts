import { expect } from 'chai'
import { BodyRoom, gatherBody } from '../../dist/engine/gather-body.js'
import type { Body, BodySink } from '../../dist/http-message.js'

/** A body that is fed by the test. */
function fed(length: number | null): {
  body: Body
  sink: () => BodySink
  isCancelled: () => boolean
} {
  let sink: BodySink | null = null
  let cancelled = false
  const body: Body = {
    length,
    start: (given) => {
      sink = given
    },
    pause: () => undefined,
    resume: () => undefined,
    cancel: () => {
      cancelled = true
    },
  }
  const taken = (): BodySink => {
    if (sink === null) throw new Error('nobody started the body')
    return sink
  }
  return { body, sink: taken, isCancelled: () => cancelled }
}

const staying = (): void => undefined

describe('reading a body whole', () => {
  it('gives all of it, and takes room for as much', async () => {
    const room = new BodyRoom(100)
    const { body, sink } = fed(6)
    const gathered = gatherBody(body, 10, { room, onLeave: staying })
    sink().data(Buffer.from('abc'))
    sink().data(Buffer.from('def'))
    expect(room.taken).to.equal(6)
    sink().end([])
    const read = await gathered
    expect('bytes' in read && read.bytes.toString()).to.equal('abcdef')
  })

  it('does not begin what is announced to be too large', async () => {
    const room = new BodyRoom(100)
    const { body, isCancelled } = fed(11)
    expect(await gatherBody(body, 10, { room, onLeave: staying })).to.deep.equal({
      fault: 'too_large',
    })
    expect(isCancelled()).to.equal(true)
  })

  const faults: [string, (sink: BodySink) => void, string][] = [
    ['is larger than it may be', (sink) => sink.data(Buffer.alloc(11)), 'too_large'],
    ['finds no room', (sink) => sink.data(Buffer.alloc(9)), 'no_room'],
    ['breaks off', (sink) => sink.fail(new Error('gone')), 'broken_off'],
  ]
  for (const [title, act, fault] of faults)
    it(`gives its room back when it ${title}`, async () => {
      const room = new BodyRoom(8)
      const { body, sink } = fed(null)
      const gathered = gatherBody(body, 10, { room, onLeave: staying })
      sink().data(Buffer.alloc(1))
      act(sink())
      expect(await gathered).to.deep.equal({ fault })
      expect(room.taken).to.equal(0)
    })

  it('ends when the client leaves, and takes nothing that comes after that', async () => {
    const room = new BodyRoom(100)
    const { body, sink } = fed(null)
    let leave = staying
    const onLeave = (listener: () => void): void => {
      leave = listener
    }
    const gathered = gatherBody(body, 10, { room, onLeave })
    sink().data(Buffer.alloc(5))
    leave()
    sink().data(Buffer.alloc(5))
    sink().end([])
    expect(await gathered).to.deep.equal({ fault: 'broken_off' })
    expect(room.taken).to.equal(0)
  })
})
