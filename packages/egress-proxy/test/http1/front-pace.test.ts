import { expect } from 'chai'
import { collect, frontFor, received } from './conversation.ts'

const get = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'

describe('serveHttp1, of time and room', () => {
  it('ends an idle connection in silence, and one whose body stands still with a fault', async () => {
    const idle = frontFor(() => undefined, { idleMs: 20 })
    expect(await received(idle.client)).to.equal('')
    const faults: string[] = []
    const stalled = frontFor((exchange) => void collect(exchange.body), {
      idleMs: 20,
      onFault: (fault) => faults.push(fault.code),
    })
    const answer = received(stalled.client)
    stalled.client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab')
    expect(await answer).to.match(/^HTTP\/1\.1 408 /)
    expect(faults).to.deep.equal(['timeout'])
  })

  it('pauses the body of an answer while the client does not read', async () => {
    let paused = 0
    let resumed = 0
    const { client, front } = frontFor((exchange) => {
      let left = 100
      let isPaused = false
      exchange.respond(
        { status: 200, headers: [] },
        {
          length: null,
          start(sink) {
            const push = (): void => {
              if (isPaused) return
              if (left-- <= 0) sink.end([])
              else {
                sink.data(Buffer.alloc(32_768))
                setImmediate(push)
              }
            }
            this.resume = () => {
              resumed++
              isPaused = false
              setImmediate(push)
            }
            this.pause = () => {
              paused++
              isPaused = true
            }
            setImmediate(push)
          },
          pause: () => undefined,
          resume: () => undefined,
          cancel: () => undefined,
        },
      )
      exchange.onClose(() => front.close())
    })
    client.write(get)
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(paused).to.be.greaterThan(0)
    expect((await received(client)).length).to.be.greaterThan(100 * 32_768)
    expect(resumed).to.be.greaterThan(0)
  })
})
