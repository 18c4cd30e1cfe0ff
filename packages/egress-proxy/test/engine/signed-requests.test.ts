import type { Credential } from '@caisson/core'
import { expect } from 'chai'
import { type ReceivedRequest, signatureFault } from '../carriers/sigv4-verifier.ts'
import type { Seen } from '../support/origin.ts'
import { good, Proxied, statusOf } from '../support/proxied.ts'

const keys = {
  accessKeyId: `AKIA${'MADEUP'.repeat(2)}0000`,
  secretAccessKey: 'made-up-secret-of-ours-0123456789abcdef',
}
const place = { service: 's3', region: 'eu-west-1' }
const signing: Credential = {
  source: {
    aws: {
      accessKeyId: { static: keys.accessKeyId },
      secretAccessKey: { static: keys.secretAccessKey },
    },
  },
  carrier: { sigv4: place },
}

function receivedAs({ method, url, headers, body }: Seen): ReceivedRequest {
  const fields = Object.entries(headers).map(([name, value]) => [name, String(value)] as const)
  return { method, target: url, headers: Object.fromEntries(fields), body: Buffer.from(body) }
}

describe('a request that is signed anew', () => {
  for (const [method, body] of [
    ['GET', null],
    ['HEAD', null],
    ['DELETE', null],
    ['PUT', ''],
    ['PUT', 'some bytes'],
  ] as const) {
    const what = body === null ? 'without a body' : `with ${body.length} bytes`
    it(`is a ${method} ${what}`, async () => {
      const rule = { host: good, methods: [method], identity: 'aws' }
      await using world = await Proxied.open({
        network: { allow: [rule] },
        credentials: { aws: signing },
      })
      const line = await world.intercepted()
      const length = body === null ? '' : `content-length: ${body.length}\r\n`
      line.send(
        `${method} /b/k HTTP/1.1\r\nhost: ${good}\r\nconnection: close\r\n${length}\r\n${body ?? ''}`,
      )
      expect(statusOf(await line.over())).to.equal(200)
      const received = world.origin.seen.map(receivedAs)
      const expected = { ...keys, ...place, nowMs: Date.now() }
      expect(received.map((one) => signatureFault(one, expected))).to.deep.equal([null])
      expect(received[0]?.body.toString()).to.equal(body ?? '')
      expect(received[0]?.headers['content-length']).to.equal(body?.length.toString())
    })
  }

  it('is refused, as its own fault, when it was signed for another region', async () => {
    const rule = { host: good, methods: ['GET'], identity: 'aws' }
    await using world = await Proxied.open({
      network: { allow: [rule] },
      credentials: { aws: { ...signing, expose: 'AWS_ACCESS_KEY_ID' } },
    })
    const dummy = world.proxy.environment['AWS_ACCESS_KEY_ID']
    const signed = (region: string): string => {
      const scope = `${dummy}/20260101/${region}/s3/aws4_request`
      const signature = `SignedHeaders=host, Signature=${'0'.repeat(64)}`
      const field = `authorization: AWS4-HMAC-SHA256 Credential=${scope}, ${signature}`
      return `GET /b/k HTTP/1.1\r\nhost: ${good}\r\nconnection: close\r\n${field}\r\n\r\n`
    }
    const answers: string[] = []
    for (const region of ['us-east-1', place.region]) {
      const line = await world.intercepted()
      line.send(signed(region))
      answers.push(await line.over())
    }
    expect(answers.map(statusOf)).to.deep.equal([400, 200])
    expect(answers[0]).to.match(/"code":"bad_request".*eu-west-1/)
    expect(world.origin.seen.length).to.equal(1)
    expect(world.alarms).to.deep.equal([])
  })
})
