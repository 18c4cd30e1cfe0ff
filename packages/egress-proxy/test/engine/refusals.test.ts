import { expect } from 'chai'
import type { Decision } from '../../dist/decide/decision.js'
import type { ReasonCode } from '../../dist/decide/reason.js'
import { askHook } from '../../dist/engine/hooks.js'
import { Recorder } from '../../dist/engine/recorder.js'
import { answerRefusal, refusalAnswer } from '../../dist/engine/refusal-answer.js'
import type { Exchange } from '../../dist/exchange.js'

describe('askHook', () => {
  const answers: readonly [why: string, call: () => unknown, code: string | null][] = [
    ['nothing', () => undefined, null],
    ['nothing, later', () => Promise.resolve(undefined), null],
    ['a refusal', () => ({ deny: 'no' }), 'hook_denied'],
    ['a refusal without words', () => ({ deny: 1 }), 'hook_failed'],
    ['null', () => null, 'hook_failed'],
    ['true', () => true, 'hook_failed'],
    ['false', () => false, 'hook_failed'],
    ['an empty object', () => ({}), 'hook_failed'],
    [
      'a throw',
      () => {
        throw new Error('x')
      },
      'hook_failed',
    ],
    ['a rejection', () => Promise.reject(new Error('x')), 'hook_failed'],
    [
      'a getter that throws',
      () =>
        Object.defineProperty({}, 'deny', {
          get: () => {
            throw new Error('x')
          },
        }),
      'hook_failed',
    ],
    ['silence', () => new Promise(() => undefined), 'hook_failed'],
  ]
  for (const [why, call, code] of answers) {
    it(`takes ${why} for ${code ?? 'no objection'}`, async () => {
      expect((await askHook(call as never, 20))?.code ?? null).to.equal(code)
    })
  }
  it('bounds what it repeats', async () => {
    expect((await askHook(() => ({ deny: 'x'.repeat(10_000) }), 20))?.reason).to.have.length(1024)
  })
})

describe('refusals as answers', () => {
  const refusal = (code: ReasonCode) => ({ code, rule: null, reason: 'because', remedy: 'do' })
  const statuses: readonly [ReasonCode, number][] = [
    ['bad_request', 400],
    ['bad_name', 400],
    ['bad_path', 400],
    ['host_not_allowed', 403],
    ['port_not_allowed', 403],
    ['address_literal', 403],
    ['denied_by_rule', 403],
    ['method_not_allowed', 405],
    ['path_not_allowed', 403],
    ['query_not_allowed', 403],
    ['header_not_allowed', 403],
    ['websocket_not_allowed', 403],
    ['protocol_not_allowed', 403],
    ['authority_mismatch', 421],
    ['sni_mismatch', 403],
    ['address_denied', 403],
    ['self', 403],
    ['resolve_failed', 502],
    ['connect_failed', 502],
    ['tls_failed', 502],
    ['upstream_failed', 502],
    ['upstream_timeout', 504],
    ['budget_request', 413],
    ['budget_window', 429],
    ['budget_total', 429],
    ['budget_url', 429],
    ['budget_names', 429],
    ['rate_limited', 429],
    ['too_many_tunnels', 429],
    ['ask_denied', 403],
    ['ask_timeout', 403],
    ['ask_failed', 403],
    ['ask_missing', 403],
    ['hook_denied', 403],
    ['hook_failed', 403],
    ['unauthorized', 407],
    ['audit_failed', 503],
    ['closed', 503],
    ['internal', 500],
  ]
  for (const [code, status] of statuses) {
    it(`say ${code} with ${status}, in JSON and in a header`, () => {
      const { head, text } = refusalAnswer(refusal(code))
      expect(head.status).to.equal(status)
      // npm and many libraries print nothing of a body but `error`.
      expect(JSON.parse(text)).to.deep.equal({ error: 'because; do', refused: refusal(code) })
      const headers = new Map(head.headers)
      expect(headers.get('caisson-refusal')).to.equal(code)
      expect(headers.get('cache-control')).to.equal('no-store')
      expect(headers.has('proxy-authenticate')).to.equal(code === 'unauthorized')
    })
  }

  it('are told to gRPC in its own form', () => {
    const answers: { status: number; headers: ReadonlyMap<string, string>; body: boolean }[] = []
    const exchange = (type: string) =>
      ({
        head: { headers: [['content-type', type]] },
        respond: (head: { status: number; headers: [string, string][] }, body: unknown) =>
          answers.push({
            status: head.status,
            headers: new Map(head.headers),
            body: body !== null,
          }),
      }) as unknown as Exchange
    for (const type of [
      'application/grpc',
      'application/grpc+proto',
      'application/grpc;x=y',
      'application/grpc-web',
      'text/plain',
    ])
      answerRefusal(exchange(type), refusal('path_not_allowed'))
    expect(answers.map(({ status }) => status)).to.deep.equal([200, 200, 200, 403, 403])
    expect(answers.map(({ headers }) => headers.get('grpc-status'))).to.deep.equal([
      '7',
      '7',
      '7',
      undefined,
      undefined,
    ])
    expect(answers.map(({ body }) => body)).to.deep.equal([false, false, false, true, true])
  })

  it('put nothing into the status line that ends it', () => {
    const { head } = refusalAnswer({ ...refusal('hook_denied'), reason: 'a\r\nSet-Cookie: b\0é' })
    expect(JSON.stringify(head)).to.not.match(/\\r|\\n|\\u0000/)
  })
})

describe('recorder', () => {
  const asked = { door: 'connect', host: 'api.test', port: 443, method: 'GET', path: '/' } as const
  const decision: Decision = {
    verdict: 'allow',
    code: null,
    rule: 'network.allow[0]',
    template: null,
    reason: '',
    remedy: '',
    needs: {
      handling: ['intercept'],
      identity: 'anonymous',
      body: false,
      headers: null,
      tenant: [],
    },
    wouldDeny: null,
  }

  it('numbers decisions, writes each before it is told, and counts', () => {
    const log: string[] = []
    const recorder = new Recorder({
      trail: {
        keepsNames: false,
        canWrite: true,
        decided: ({ sequence, verdict }) => void log.push(`trail ${sequence} ${verdict}`),
        alarmed: ({ kind }) => void log.push(`trail ${kind}`),
        finished: (sequence) => void log.push(`finished ${sequence}`),
        close: () => Promise.resolve(),
      },
      now: () => 5,
      policyVersion: () => 3,
      onDecision: ({ sequence, time, policyVersion, code }) =>
        void log.push(`told ${sequence} ${time} ${policyVersion} ${code}`),
      onAlarm: ({ kind }) => void log.push(`told ${kind}`),
      heard: null,
      telemetry: null,
      patternOf: () => null,
    })
    const first = recorder.allowed(asked, decision)
    recorder.refused(asked, { code: 'bad_name', rule: null, reason: 'r', remedy: 'm' }, 'p1')
    recorder.finished(first, {
      bytesOut: 1,
      bytesIn: 2,
      status: 200,
      outcome: 'complete',
      durationMs: 3,
    })
    expect(log).to.deep.equal([
      'trail 1 allow',
      'told 1 5 3 null',
      'trail 2 deny',
      'told 2 5 3 bad_name',
      'finished 1',
    ])
    expect(recorder.counts).to.deep.equal({ allowed: 1, denied: 1 })
  })
})
