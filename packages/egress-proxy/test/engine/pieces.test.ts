import { expect } from 'chai'
import { PassThrough } from 'node:stream'
import type { Decision } from '../../dist/decide/decision.js'
import type { ReasonCode } from '../../dist/decide/reason.js'
import { Deadlines } from '../../dist/engine/deadlines.js'
import { helloRefusal, readClientHello } from '../../dist/engine/client-hello-check.js'
import { openingOf, readUntil } from '../../dist/engine/first-bytes.js'
import { askHook } from '../../dist/engine/hooks.js'
import { boundedLocate } from '../../dist/engine/locator.js'
import { MeteredBody } from '../../dist/engine/metered-body.js'
import { namedPlace } from '../../dist/engine/named-place.js'
import { OpenConnections } from '../../dist/engine/open-connections.js'
import { planDoors, type NamedHost } from '../../dist/engine/plan-doors.js'
import { isTokenIn, makeToken } from '../../dist/engine/proxy-token.js'
import { Recorder } from '../../dist/engine/recorder.js'
import { answerRefusal, refusalAnswer } from '../../dist/engine/refusal-answer.js'
import { stillAllows } from '../../dist/engine/still-allows.js'
import { compilePolicy } from '../../dist/decide/policy.js'
import type { Exchange } from '../../dist/exchange.js'
import type { Body, BodySink } from '../../dist/http-message.js'
import { defaultLimits } from '../../dist/limits.js'
import { canonicalHost } from '../../dist/names/canonical-host.js'

describe('deadlines', () => {
  it('tell once of what made no progress, and not of what did or is over', async () => {
    let now = 0
    const late: string[] = []
    const deadlines = new Deadlines(() => now)
    const begin = (name: string) => deadlines.start(100, () => late.push(name))
    begin('still')
    const moving = begin('moving')
    begin('over').done()
    now = 90
    moving.touch()
    now = 150
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(late).to.deep.equal(['still'])
    now = 1000
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(late).to.deep.equal(['still', 'moving'])
    deadlines.close()
  })

  it('forget everything when they are closed', async () => {
    let now = 0
    const late: string[] = []
    const deadlines = new Deadlines(() => now)
    deadlines.start(10, () => late.push('x'))
    deadlines.close()
    now = 1000
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(late).to.deep.equal([])
  })
})

describe('metered body', () => {
  function source(): { body: Body; sink(): BodySink; cancelled(): number } {
    let given: BodySink | null = null
    let cancelled = 0
    return {
      body: {
        length: null,
        start: (sink) => void (given = sink),
        pause: () => undefined,
        resume: () => undefined,
        cancel: () => void (cancelled += 1),
      },
      sink: () => given ?? expect.fail('nobody began to read'),
      cancelled: () => cancelled,
    }
  }
  function into(): { sink: BodySink; log: string[] } {
    const log: string[] = []
    return {
      log,
      sink: {
        data: (chunk) => void log.push(`data ${chunk.length}`),
        end: () => void log.push('end'),
        fail: () => void log.push('fail'),
      },
    }
  }

  it('counts before it passes on, and passes on nothing of what is refused', () => {
    const { body, sink, cancelled } = source()
    const { sink: to, log } = into()
    const overs: boolean[] = []
    let left = 10
    const metered = new MeteredBody(body, {
      onBytes: (count) => (left -= count) >= 0,
      onOver: (complete) => overs.push(complete),
    })
    expect(metered.started).to.equal(false)
    metered.start(to)
    expect(metered.started).to.equal(true)
    sink().data(Buffer.alloc(10))
    sink().data(Buffer.alloc(1))
    sink().data(Buffer.alloc(1))
    sink().end([])
    sink().fail(new Error('x'))
    expect(log).to.deep.equal(['data 10', 'fail'])
    expect(overs).to.deep.equal([false])
    expect(cancelled()).to.equal(1)
  })

  it('says once whether it was complete', () => {
    const { body, sink, cancelled } = source()
    const { sink: to, log } = into()
    const overs: boolean[] = []
    const metered = new MeteredBody(body, { onBytes: () => true, onOver: (one) => overs.push(one) })
    metered.start(to)
    sink().data(Buffer.alloc(3))
    sink().end([])
    metered.cancel()
    expect([log, overs, cancelled()]).to.deep.equal([['data 3', 'end'], [true], 0])
  })
})

describe('the bound on looking for who asked', () => {
  const peer = { protocol: 'tcp', address: '127.0.0.1', port: 1 } as const
  it('passes on what is found', async () => {
    expect(await boundedLocate(() => Promise.resolve('p1'))(peer)).to.equal('p1')
  })
  for (const [why, locate] of [
    ['fails', () => Promise.reject(new Error('x'))],
    [
      'throws',
      () => {
        throw new Error('x')
      },
    ],
    ['takes too long', () => new Promise<string>(() => undefined)],
  ] as const) {
    it(`says nobody when it ${why}`, async () => {
      expect(await boundedLocate(locate)(peer)).to.equal(null)
    })
  }
  it('looks for so many at once, and has room again afterwards', async () => {
    let running = 0
    const releases: (() => void)[] = []
    const locate = boundedLocate(() => {
      running += 1
      return new Promise((resolve) => releases.push(() => resolve('p')))
    })
    const all = Array.from({ length: 40 }, () => locate(peer))
    expect(running).to.equal(16)
    for (const release of releases) release()
    const found = await Promise.all(all)
    expect(found.filter((one) => one === 'p')).to.have.length(16)
    const again = locate(peer)
    releases.at(-1)?.()
    expect(await again).to.equal('p')
  })
})

describe('planDoors', () => {
  const host = (pattern: string, ports: number[]): NamedHost => ({
    pattern,
    wildcard: pattern.startsWith('*'),
    ports,
  })
  const plan = (hosts: NamedHost[], transparent = true) =>
    planDoors({ hosts, transparent, addressOf: (name) => `127.64.0.${name.length}` }).map(
      ({ kind, protocol, address, port }) => `${kind}/${protocol} ${address}:${port}`,
    )
  const usual = [
    'proxy/tcp 127.0.0.1:3128',
    'resolver/udp 127.0.0.1:53',
    'resolver/tcp 127.0.0.1:53',
    'transparent/tcp 0.0.0.0:443',
    'transparent/tcp 0.0.0.0:80',
  ]
  const cases: readonly [why: string, got: () => string[], expected: string[]][] = [
    [
      'the proxy alone when nothing is transparent',
      () => plan([host('a', [443])], false),
      usual.slice(0, 1),
    ],
    ['the usual ones for no host', () => plan([]), usual],
    [
      'low ports on every address',
      () => plan([host('*.a', [443, 444])]),
      [...usual, 'transparent/tcp 0.0.0.0:444'],
    ],
    [
      'other ports on the address of the name',
      () => plan([host('abc', [8443])]),
      [...usual, 'transparent/tcp 127.64.0.3:8443'],
    ],
    ['no other ports for names that are not known', () => plan([host('*.a', [8443])]), usual],
  ]
  for (const [why, got, expected] of cases)
    it(`opens ${why}`, () => expect(got()).to.deep.equal(expected))
  it('opens no more than a driver does', () => {
    const many = Array.from({ length: 300 }, (_none, at) => host(`h${at}`, [2000 + at]))
    expect(plan(many)).to.have.length(64)
  })
})

describe('proxy token', () => {
  const token = makeToken()
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`
  const cases: readonly [why: string, values: string[], granted: boolean][] = [
    ['the token', [basic(`caisson:${token}`)], true],
    ['another case of the scheme', [basic(`caisson:${token}`).replace('Basic', 'bAsIc')], true],
    ['nothing', [], false],
    ['an empty value', [''], false],
    ['two', [basic(`caisson:${token}`), basic(`caisson:${token}`)], false],
    ['another user', [basic(`root:${token}`)], false],
    ['a part of it', [basic(`caisson:${token.slice(1)}`)], false],
    ['more than it', [basic(`caisson:${token}x`)], false],
    ['another scheme', [`Bearer ${token}`], false],
    ['words behind it', [`${basic(`caisson:${token}`)} x`], false],
  ]
  for (const [why, values, granted] of cases) {
    it(`${granted ? 'takes' : 'refuses'} ${why}`, () => {
      const headers = values.map((value) => ['proxy-authorization', value] as const)
      expect(isTokenIn(headers, token)).to.equal(granted)
    })
  }
  it('is another every time', () => {
    expect(new Set(Array.from({ length: 100 }, makeToken)).size).to.equal(100)
    expect(Buffer.from(token, 'base64url')).to.have.length(32)
  })
})

describe('namedPlace', () => {
  const names = { nameOf: (address: string) => (address === '127.64.0.1' ? 'api.test' : null) }
  it('takes a name as it is, and the name of an address inside', () => {
    expect(namedPlace(canonicalHost('API.test'), 1, names)).to.deep.equal({
      host: 'api.test',
      port: 1,
    })
    expect(namedPlace(canonicalHost('127.64.0.1'), 2, names)).to.deep.equal({
      host: 'api.test',
      port: 2,
    })
  })
  for (const [host, code] of [
    ['127.64.0.2', 'address_literal'],
    ['::1', 'address_literal'],
    ['a..b', 'bad_name'],
    ['0x7f.1', 'bad_name'],
  ] as const) {
    it(`refuses ${host}`, () => {
      expect(namedPlace(canonicalHost(host), 1, names)).to.include({ code })
    })
  }
})

describe('helloRefusal', () => {
  const hello = { sni: 'api.test', alpn: [], hasEch: false, hasEarlyData: false }
  const cases = [
    ['the same name', {}, null, null],
    ['another case, and a dot', { sni: 'API.test.' }, null, null],
    ['another name', { sni: 'evil.test' }, 'sni_mismatch', 'sni_mismatch'],
    ['a name that is none', { sni: 'a..b' }, 'sni_mismatch', 'sni_mismatch'],
    ['no name', { sni: null }, 'sni_mismatch', null],
    ['a hidden name', { hasEch: true }, 'sni_mismatch', null],
    ['early data', { hasEarlyData: true }, 'sni_mismatch', null],
  ] as const
  for (const [why, more, tunnel, intercepted] of cases) {
    it(`judges ${why} in a tunnel and where it is looked into`, () => {
      const given = { ...hello, ...more } as never
      expect(helloRefusal(given, 'api.test', 'tunnel')?.code ?? null).to.equal(tunnel)
      expect(helloRefusal(given, 'api.test', 'intercepted')?.code ?? null).to.equal(intercepted)
    })
  }
  it('ends a hello that never comes, is none, or is endless', async () => {
    const limits = { ...defaultLimits, clientHelloMs: 20, clientHelloBytes: 64 }
    for (const first of [
      '\x16',
      '\x16\x03\x01\x00\x05xxxxx',
      `\x16\x03\x01\x40\x00\x01\x00\x3f\xfc${'x'.repeat(80)}`,
    ]) {
      const read = await readClientHello(new PassThrough(), Buffer.from(first, 'latin1'), limits)
      expect('code' in read && read.code).to.equal('bad_request')
    }
  })
})

describe('the first bytes', () => {
  const cases = [
    [0x16, 'tls'],
    [0x05, 'socks5'],
    [0x47, 'http'],
    [0x41, 'http'],
    [0x5a, 'http'],
    [0x40, 'unknown'],
    [0x5b, 'unknown'],
    [0x61, 'unknown'],
    [0x04, 'unknown'],
    [0, 'unknown'],
    [0x80, 'unknown'],
  ] as const
  for (const [byte, opening] of cases) {
    it(`take ${byte.toString(16)} for ${opening}`, () =>
      expect(openingOf(Buffer.from([byte]))).to.equal(opening))
  }
  it('are none when the connection ends, or they never come', async () => {
    const ended = new PassThrough()
    ended.end()
    expect(await readUntil(ended, 60_000, () => null)).to.equal(null)
    expect(await readUntil(new PassThrough(), 10, () => null)).to.equal(null)
    const gone = new PassThrough()
    gone.destroy()
    expect(await readUntil(gone, 60_000, () => null)).to.equal(null)
  })
})

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
      expect(JSON.parse(text)).to.deep.equal({ refused: refusal(code) })
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
    needs: { handling: ['intercept'], identity: 'anonymous' },
    wouldDeny: null,
  }

  it('numbers decisions, writes each before it is told, and counts', () => {
    const log: string[] = []
    const recorder = new Recorder({
      trail: {
        canWrite: true,
        decided: ({ sequence, verdict }) => void log.push(`trail ${sequence} ${verdict}`),
        finished: (sequence) => void log.push(`finished ${sequence}`),
        close: () => Promise.resolve(),
      },
      now: () => 5,
      policyVersion: () => 3,
      onDecision: ({ sequence, time, policyVersion, code }) =>
        void log.push(`told ${sequence} ${time} ${policyVersion} ${code}`),
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

describe('open connections', () => {
  it('are bounded, and make room', () => {
    const open = new OpenConnections(2)
    const [a, b, c] = [0, 1, 2].map(() => ({ destroy: () => undefined }))
    if (a === undefined || b === undefined || c === undefined) expect.fail('three were made')
    expect([open.enter(a), open.enter(b), open.enter(c)]).to.deep.equal([true, true, false])
    open.leave(a)
    expect([open.enter(c), open.count]).to.deep.equal([true, 2])
  })

  it('are cut where a newer policy does not allow how they are carried', () => {
    const open = new OpenConnections(9)
    const cuts: string[] = []
    const request = { kind: 'connection', door: 'connect', host: 'api.test', port: 443 } as const
    for (const handling of ['tls', 'opaque'] as const)
      open.addTunnel({ request, handling, cut: () => cuts.push(handling) })
    const forget = open.addTunnel({
      request,
      handling: 'opaque',
      cut: () => cuts.push('forgotten'),
    })
    forget()
    const policy = compilePolicy({ allow: [{ host: 'api.test', tunnel: true }] }, 2)
    expect(open.recheck((tunnel) => stillAllows(policy, tunnel))).to.equal(1)
    expect(cuts).to.deep.equal(['opaque'])
    expect(open.recheck((tunnel) => stillAllows(compilePolicy({}, 3), tunnel))).to.equal(1)
    expect(cuts).to.deep.equal(['opaque', 'tls'])
  })
})
