import type { CredentialCarrier } from '@caisson/core'
import { expect } from 'chai'
import { createCarrier } from '../../dist/carriers/create-carrier.js'
import type { Slot } from '../../dist/carriers/carrier.js'
import { faultOf, leaving, put, texts } from './fixture.ts'

describe('a carrier', () => {
  const slots: readonly [carrier: CredentialCarrier, slot: Slot, needsBody: boolean][] = [
    [{ header: 'x-key' }, { kind: 'header', name: 'x-key', scheme: null }, false],
    [
      { header: 'authorization', scheme: 'Bearer' },
      { kind: 'header', name: 'authorization', scheme: 'Bearer' },
      false,
    ],
    [{ basic: 'user' }, { kind: 'basic', user: 'user' }, false],
    [{ query: 'key' }, { kind: 'query', name: 'key' }, false],
    [{ cookie: 'sid' }, { kind: 'cookie', name: 'sid' }, false],
    [{ sigv4: { service: 's3', region: 'eu-west-1' } }, { kind: 'sigv4' }, true],
    [{ mtls: true }, { kind: 'mtls' }, false],
    [{ path: { segment: 1 } }, { kind: 'path', segment: 1, prefix: '' }, false],
    [{ json: '/auth/token' }, { kind: 'json', pointer: '/auth/token' }, true],
  ]
  for (const [carrier, slot, needsBody] of slots) {
    it(`is made for ${JSON.stringify(carrier)}`, () => {
      const made = createCarrier(carrier)
      expect([made.slot, made.needsBody]).to.deep.equal([slot, needsBody])
    })
  }
})

describe('a credential in a JSON body', () => {
  const cases: readonly [pointer: string, before: string, after: string][] = [
    ['/key', '{"key":"dummy","n":1.50}', '{"key":"S\\"\\\\","n":1.50}'],
    ['/key', '{"n":1}', '{"n":1,"key":"S\\"\\\\"}'],
    ['/a/0/b', '{"a":[{"b":1},2]}', '{"a":[{"b":"S\\"\\\\"},2]}'],
    ['/a~1b/c~0d', '{"a/b":{"c~d":null}}', '{"a/b":{"c~d":"S\\"\\\\"}}'],
    ['/__proto__', '{"__proto__":{}}', '{"__proto__":"S\\"\\\\"}'],
  ]
  for (const [pointer, before, after] of cases) {
    it(`makes ${after} of ${before}`, () => {
      const { body } = put(createCarrier({ json: pointer }), leaving('/', [], before), 'S"\\')
      expect(body?.toString()).to.equal(after)
    })
  }

  const missing: readonly [pointer: string, body: string | null][] = [
    ['/a/b', '{}'],
    ['/a/b', '{"a":1.5}'],
    ['/a/b', '{"a":"text"}'],
    ['/a/b', '{"a":null}'],
    ['/a/3', '{"a":[1,2,3]}'],
    ['/a/-', '{"a":[1]}'],
    ['/a/01', '{"a":[1,2]}'],
    ['/a', '{"a":1,"a":2}'],
    ['/a', 'no json'],
    ['/a', null],
  ]
  for (const [pointer, body] of missing) {
    it(`is refused where ${body ?? 'nothing'} has no ${pointer}`, () => {
      const act = () => put(createCarrier({ json: pointer }), leaving('/', [], body), 'SECRET')
      expect(faultOf(act, 'SECRET')).to.match(/body/)
    })
  }

  for (const pointer of ['', 'a', '/a~2', '/~'])
    it(`is refused at ${JSON.stringify(pointer)}, which is no place in a body`, () => {
      expect(faultOf(() => createCarrier({ json: pointer }), 'SECRET')).to.match(/pointer/)
    })

  it('hides the secret, and how JSON writes it', () => {
    const hidden = createCarrier({ json: '/a' }).hidden(Buffer.from('a"b\\c'))
    expect(texts(hidden)).to.deep.equal(['a"b\\c', 'a\\"b\\\\c'])
  })
})
