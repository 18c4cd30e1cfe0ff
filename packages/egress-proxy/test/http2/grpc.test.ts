import { expect } from 'chai'
import * as fc from 'fast-check'
import { grpcRefusal, grpcStatus } from '../../dist/http2/grpc.js'
import { GrpcMessages } from '../../dist/http2/grpc-messages.js'

const bounds = { messageBytes: 1_000, messages: 8 }

function message(length: number, flag = 0): Uint8Array {
  const bytes = Buffer.alloc(5 + length)
  bytes[0] = flag
  bytes.writeUInt32BE(length, 1)
  return bytes
}

describe('refusal of gRPC', () => {
  it('is Trailers-Only with PERMISSION_DENIED for a method that is not listed (W11)', () => {
    const head = grpcRefusal({
      code: 'path_not_allowed',
      rule: null,
      reason: 'No rule allows “/a.B/C” 100%.',
      remedy: 'Ask\nfor it.',
    })
    expect(head.status).to.equal(200)
    expect(Object.fromEntries(head.headers)).to.deep.equal({
      'content-type': 'application/grpc',
      'grpc-status': '7',
      'grpc-message': 'No rule allows %E2%80%9C/a.B/C%E2%80%9D 100%25. Ask%0Afor it.',
      'caisson-refusal': 'path_not_allowed',
    })
  })

  const table = [
    ['rate_limited', 8],
    ['budget_total', 8],
    ['upstream_timeout', 4],
    ['connect_failed', 14],
    ['unauthorized', 16],
    ['internal', 13],
    ['denied_by_rule', 7],
  ] as const
  for (const [code, status] of table) {
    it(`has status ${status} for ${code}`, () => {
      expect(grpcStatus(code)).to.equal(status)
    })
  }
})

describe('messages of gRPC', () => {
  it('are counted, with what they weigh', () => {
    const counter = new GrpcMessages(bounds)
    expect(counter.push(Buffer.concat([message(3), message(0, 1), message(1_000)]))).to.equal(null)
    expect(counter.end()).to.equal(null)
    expect(counter.count).to.deep.equal({ messages: 3, bytes: 1_003 })
  })

  const faults: [string, Uint8Array, string][] = [
    ['a flag beyond 1', message(1, 2), 'bad_flag'],
    ['a length beyond the bound', message(1_001), 'message_too_large'],
    ['a length of four full bytes', Buffer.from([0, 255, 255, 255, 255]), 'message_too_large'],
    [
      'too many messages',
      Buffer.concat(Array.from({ length: 9 }, () => message(0))),
      'too_many_messages',
    ],
    ['an end in the prefix', message(0).subarray(0, 4), 'cut'],
    ['an end in the message', message(9).subarray(0, 9), 'cut'],
  ]
  for (const [title, bytes, fault] of faults) {
    it(`are refused: ${title}`, () => {
      const counter = new GrpcMessages(bounds)
      counter.push(bytes)
      expect(counter.end()).to.equal(fault)
      expect(counter.push(message(0))).to.equal(fault)
    })
  }

  it('are the same however they are cut', () => {
    const bytes = fc.array(
      fc.oneof(
        fc.nat(40).map((length) => message(length)),
        fc.uint8Array({ maxLength: 12 }),
      ),
      { maxLength: 6 },
    )
    const property = fc.property(bytes, (parts) => {
      const whole = Buffer.concat(parts)
      const reference = new GrpcMessages(bounds)
      reference.push(whole)
      const fault = reference.end()
      for (let cut = 0; cut <= whole.length; cut += 1) {
        const counter = new GrpcMessages(bounds)
        counter.push(whole.subarray(0, cut))
        counter.push(whole.subarray(cut))
        expect(counter.end()).to.equal(fault)
        expect(counter.count).to.deep.equal(reference.count)
      }
    })
    fc.assert(property, { seed: 20_260_101, numRuns: 200 })
  })
})
