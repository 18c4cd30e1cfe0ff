import { expect } from 'chai'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { good, Proxied } from '../support/proxied.ts'
import { sessionOver } from '../support/ways.ts'

/** An origin whose answer stays open, and is written by the test. */
async function eventful() {
  let begin: (response: ServerResponse) => void = () => undefined
  const begun = new Promise<ServerResponse>((resolve) => {
    begin = resolve
  })
  const world = await Proxied.open({
    answer: (_request, response) => {
      response.setHeader('content-type', 'text/event-stream')
      begin(response)
    },
  })
  return { world, begun }
}

describe('an answer that is not over', () => {
  it('is passed on event by event over HTTP/1.1', async () => {
    const { world, begun } = await eventful()
    await using open = world
    const talk = await open.intercepted()
    talk.send(`GET /events HTTP/1.1\r\nHost: ${good}\r\nAccept: text/event-stream\r\n\r\n`)
    const origin = await begun
    for (const event of ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n']) {
      origin.write(event)
      // Nothing else is written until this has arrived: whoever holds it back waits for ever.
      await talk.until((text) => text.includes(event))
    }
    origin.end()
    expect(await talk.answer()).to.include('text/event-stream')
    talk.destroy()
  })

  it('is passed on event by event over HTTP/2', async () => {
    const { world, begun } = await eventful()
    await using open = world
    const session = sessionOver(await open.interceptedSocket(good, ['h2']), good)
    const stream = session.request({ ':path': '/events', accept: 'text/event-stream' })
    let text = ''
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    const origin = await begun
    for (const event of ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n']) {
      origin.write(event)
      while (!text.endsWith(event)) await once(stream, 'data')
    }
    const over = once(stream, 'end')
    origin.end()
    await over
    expect(text).to.equal('data: 1\n\ndata: 2\n\ndata: 3\n\n')
    session.destroy()
  })
})
