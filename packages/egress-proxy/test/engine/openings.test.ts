import { expect } from 'chai'
import { PassThrough } from 'node:stream'
import { helloRefusal, readClientHello } from '../../dist/engine/client-hello-check.js'
import { openingOf, readUntil } from '../../dist/engine/first-bytes.js'
import { defaultLimits } from '../../dist/limits.js'

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
