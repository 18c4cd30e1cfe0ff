import { expect } from 'chai'
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { resolve } from 'node:path'
import { portableOptions } from '../../dist/isolated/portable-options.js'
import type { EgressProxyOptions } from '../../dist/options.js'

const nothing = (): undefined => undefined

describe('options for another process', () => {
  it('are data, and the names of functions', () => {
    const options: EgressProxyOptions = {
      policy: { network: { allow: ['a.test'] } },
      hosts: { 'a.test:443': '127.0.0.1:1' },
      limits: { connections: 5 },
      isolate: 'process',
      telemetry: true,
      locate: () => Promise.resolve(null),
      onAsk: () => true,
      hooks: { onResponse: nothing },
      onDecision: nothing,
      onAlarm: nothing,
      onLog: nothing,
      providers: { mine: () => ({ value: 'hunter2' }) },
    }
    const portable = portableOptions(options)
    expect(portable).to.deep.equal({
      plain: { hosts: { 'a.test:443': '127.0.0.1:1' }, limits: { connections: 5 } },
      policy: { network: { allow: ['a.test'] } },
      audit: null,
      telemetry: true,
      calls: ['locate', 'onAsk', 'onResponse'],
      providers: ['mine'],
    })
    expect(JSON.parse(JSON.stringify(portable))).to.deep.equal(portable)
  })

  it('name an audit file from everywhere, and hold the key that signs', () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    const audit = { path: 'trail.jsonl', strict: true, signingKey: privateKey }
    const portable = portableOptions({ policy: {}, audit })
    const { path, strict, signingKey } = portable.audit ?? {}
    expect([path, strict]).to.deep.equal([resolve('trail.jsonl'), true])
    expect(createPrivateKey(signingKey ?? '').equals(privateKey)).to.equal(true)
  })

  it('are refused with a key that is none', () => {
    const { publicKey } = generateKeyPairSync('ed25519')
    const audit = { path: 'trail', signingKey: publicKey }
    expect(() => portableOptions({ policy: {}, audit })).to.throw(TypeError)
  })

  it('are refused with a function that nobody could call', () => {
    const upstream = Object.assign({ url: 'http://a.test' }, { login: nothing })
    expect(() => portableOptions({ policy: {}, upstream })).to.throw(TypeError, 'upstream')
  })
})
