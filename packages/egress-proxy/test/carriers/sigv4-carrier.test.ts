import { expect } from 'chai'
import * as fc from 'fast-check'
import { inspect } from 'node:util'
import { parseAwsKeys } from '../../dist/carriers/aws-keys.js'
import { CarrierFault, type Outgoing } from '../../dist/carriers/carrier.js'
import { sigv4Carrier } from '../../dist/carriers/sigv4-carrier.js'
import type { Field } from '../../dist/http-message.js'
import { signatureFault } from './sigv4-verifier.ts'

const keys = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
}
const token = 'IQoJb3JpZ2luX2VjEXAMPLE=='
const nowMs = Date.UTC(2026, 10, 24, 12)

function secretOf(more: object = {}): Buffer {
  return Buffer.from(
    JSON.stringify({
      Version: 1,
      AccessKeyId: keys.accessKeyId,
      SecretAccessKey: keys.secretAccessKey,
      ...more,
    }),
  )
}

function outgoing(headers: readonly Field[] = [], more: Partial<Outgoing['head']> = {}): Outgoing {
  return {
    head: {
      method: 'PUT',
      scheme: 'https',
      authority: 'b.s3.eu-west-1.amazonaws.com',
      target: '/a%20b?x=1+2&list',
      headers,
      upgrade: null,
      ...more,
    },
    body: Buffer.from('text'),
  }
}

function asReceived({ head, body }: Outgoing) {
  const headers: Record<string, string> = { host: head.authority }
  for (const [name, value] of head.headers) headers[name] = value
  return { method: head.method, target: head.target, headers, body: body ?? Buffer.alloc(0) }
}

const s3 = { service: 's3', region: 'eu-west-1' }
const guestSigned =
  'AWS4-HMAC-SHA256 Credential=AKIADUMMY/20261124/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=00'

const guestWords =
  'AWS4-HMAC-SHA256 |aws4-|Credential=|A/20261124/|eu-west-1/|s3/|iam/|aws4_request|,|/| |STREAMING-|aws-chunked|%|%41|&|=|+|é'.split(
    '|',
  )
const guestFields =
  'authorization|x-amz-date|x-amz-security-token|x-amz-content-sha256|content-encoding|x-amz-meta-a|content-type'.split(
    '|',
  )

describe('the carrier sigv4', () => {
  it('signs in place of what the guest signed, so that a service takes it', () => {
    const guest: Field[] = [
      ['accept', '*/*'],
      ['authorization', guestSigned],
      ['x-amz-date', '20200101T000000Z'],
      ['x-amz-security-token', 'of-an-attacker'],
      ['x-amz-s3session-token', 'of-an-attacker'],
      ['x-amz-content-sha256', 'UNSIGNED-PAYLOAD'],
      ['x-amz-acl', 'private'],
      ['content-type', 'text/plain'],
    ]
    const sent = sigv4Carrier(s3).put(outgoing(guest), secretOf({ SessionToken: token }), nowMs)
    const received = asReceived(sent)
    expect(signatureFault(received, { ...keys, ...s3, nowMs })).to.equal(null)
    expect(received.headers).to.include({
      accept: '*/*',
      'x-amz-date': '20261124T120000Z',
      'x-amz-security-token': token,
      'x-amz-acl': 'private',
    })
    expect(JSON.stringify(sent.head)).not.to.match(/attacker|AKIADUMMY|UNSIGNED/)
    expect(sent.head.headers.map(([name]) => name)).to.have.length(
      new Set(sent.head.headers.map(([name]) => name)).size,
    )
  })

  it('makes a signature that does not hold for another body, path, header or host', () => {
    const sent = sigv4Carrier(s3).put(outgoing([['x-amz-acl', 'private']]), secretOf(), nowMs)
    const received = asReceived(sent)
    const expected = { ...keys, ...s3, nowMs }
    const changed = [
      { ...received, body: Buffer.from('other') },
      { ...received, target: '/other' },
      { ...received, method: 'POST' },
      { ...received, headers: { ...received.headers, 'x-amz-acl': 'public-read' } },
      { ...received, headers: { ...received.headers, host: 'evil.test' } },
      { ...received, headers: { ...received.headers, 'x-amz-grant-read': 'id=1' } },
    ]
    expect(signatureFault(received, expected)).to.equal(null)
    for (const other of changed) expect(signatureFault(other, expected)).not.to.equal(null)
  })

  it('leaves out a session token when the keys have none', () => {
    const guest: Field[] = [['x-amz-security-token', 'of-an-attacker']]
    const sent = sigv4Carrier(s3).put(outgoing(guest), secretOf(), nowMs)
    expect(sent.head.headers.map(([name]) => name)).not.to.include('x-amz-security-token')
  })

  it('tells S3 whose buckets may be meant, whatever the guest says', () => {
    const carrier = sigv4Carrier({ ...s3, bucketOwner: '111122223333' })
    const guest: Field[] = [['x-amz-expected-bucket-owner', '999999999999']]
    const received = asReceived(carrier.put(outgoing(guest), secretOf(), nowMs))
    expect(received.headers['x-amz-expected-bucket-owner']).to.equal('111122223333')
    expect(signatureFault(received, { ...keys, ...s3, nowMs })).to.equal(null)
    const without = asReceived(sigv4Carrier(s3).put(outgoing(guest), secretOf(), nowMs))
    expect(without.headers['x-amz-expected-bucket-owner']).to.equal('999999999999')
  })

  const refused: [title: string, message: RegExp, headers: Field[], target?: string][] = [
    [
      'a body signed in chunks',
      /chunks/,
      [['x-amz-content-sha256', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD']],
    ],
    [
      'the same in lower case',
      /chunks/,
      [['x-amz-content-sha256', 'streaming-unsigned-payload-trailer']],
    ],
    ['a coding of chunks', /aws-chunked/, [['content-encoding', 'gzip, aws-chunked']]],
    ['a length beneath chunks', /chunks/, [['x-amz-decoded-content-length', '4']]],
    ['a checksum behind the body', /checksum/, [['x-amz-trailer', 'x-amz-checksum-crc32']]],
    [
      'Version 4A',
      /one algorithm/,
      [['authorization', 'AWS4-ECDSA-P256-SHA256 Credential=A/20261124/s3/aws4_request']],
    ],
    ['a set of regions', /Version 4A/, [['x-amz-region-set', '*']]],
    [
      'another region',
      /"s3" in "eu-west-1"/,
      [['authorization', guestSigned.replace('eu-west-1', 'us-east-1')]],
    ],
    [
      'another service',
      /another service or region/,
      [['authorization', guestSigned.replace('/s3/', '/iam/')]],
    ],
    ['a scope that is none', /another service/, [['authorization', 'AWS4-HMAC-SHA256 x']]],
    [
      'two scopes',
      /another service/,
      [['authorization', `${guestSigned}, Credential=A/20261124/eu-west-1/iam/aws4_request`]],
    ],
    [
      'a second signature',
      /another service/,
      [
        ['authorization', guestSigned],
        ['authorization', guestSigned.replace('/s3/', '/iam/')],
      ],
    ],
    ['a presigned URL', /presigned/, [], '/a?X-Amz-Signature=00'],
    ['a presigned URL, in other letters', /presigned/, [], '/a?b=1&x-amz-%43redential=a'],
    ['a URL presigned the old way', /presigned/, [], '/a?AWSAccessKeyId=a&Signature=b'],
    ['a token in the URL', /presigned/, [], '/a?X-Amz-Security-Token=a'],
  ]
  for (const [title, message, headers, target = '/a'] of refused) {
    it(`refuses ${title}`, () => {
      const put = () => sigv4Carrier(s3).put(outgoing(headers, { target }), secretOf(), nowMs)
      expect(put).to.throw(CarrierFault, message)
    })
  }

  it('says nothing of what the guest wrote', () => {
    const headers: Field[] = [['authorization', guestSigned.replace('/s3/', '/sesame/')]]
    const put = () => sigv4Carrier(s3).put(outgoing(headers), secretOf(), nowMs)
    expect(put).to.throw(CarrierFault).with.property('message').that.does.not.include('sesame')
  })

  it('takes away an authorization of another scheme', () => {
    const sent = sigv4Carrier(s3).put(
      outgoing([['authorization', 'Bearer of-an-attacker']]),
      secretOf(),
      nowMs,
    )
    expect(JSON.stringify(sent.head)).not.to.include('attacker')
  })

  it('signs nothing with keys that have expired', () => {
    const put = (Expiration: string) =>
      sigv4Carrier(s3).put(outgoing(), secretOf({ Expiration }), nowMs)
    expect(() => put('2026-11-24T12:00:00Z')).to.throw(CarrierFault, /expired/)
    expect(() => put('2026-11-24T13:00:01+01:00')).not.to.throw()
  })

  it('signs nothing without the body', () => {
    const put = () => sigv4Carrier(s3).put({ ...outgoing(), body: null }, secretOf(), nowMs)
    expect(put).to.throw(CarrierFault, /whole body/)
  })

  it('hides the key, its id and the token, and a secret that is no keys as it is', () => {
    const carrier = sigv4Carrier(s3)
    const texts = carrier.hidden(secretOf({ SessionToken: token })).map(String)
    expect(texts).to.have.members([keys.secretAccessKey, keys.accessKeyId, token])
    expect(carrier.hidden(Buffer.from('no keys')).map(String)).to.deep.equal(['no keys'])
  })

  it('signs or refuses whatever a guest writes, and never lets its word on who asks through', () => {
    const word = fc.constantFrom(...guestWords)
    const text = fc.array(word, { maxLength: 12 }).map((words) => words.join(''))
    const name = fc.constantFrom(...guestFields)
    const headers = fc.array(fc.tuple(name, text), { maxLength: 5 })
    const carrier = sigv4Carrier(s3)
    let signed = 0
    fc.assert(
      fc.property(headers, text, (guest, query) => {
        const target = `/a?${query.replaceAll('é', '')}`
        let sent: Outgoing
        try {
          sent = carrier.put(outgoing(guest, { target }), secretOf(), nowMs)
        } catch (error) {
          expect(error).to.be.instanceOf(CarrierFault)
          return
        }
        signed += 1
        const names = sent.head.headers.map(([field]) => field)
        expect(names.filter((field) => field === 'authorization')).to.have.length(1)
        expect(names).not.to.include('x-amz-security-token')
        expect(names.filter((field) => field === 'x-amz-date')).to.have.length(1)
      }),
      { numRuns: 2000, seed: 13 },
    )
    expect(signed).to.be.greaterThan(100)
  })

  const odd: [title: string, options: Parameters<typeof sigv4Carrier>[0]][] = [
    ['a service of other characters', { service: 's3/', region: 'eu-west-1' }],
    ['no region', { service: 's3', region: '' }],
    ['an owner that is no account', { ...s3, bucketOwner: 'me' }],
    [
      'an owner of buckets elsewhere',
      { service: 'iam', region: 'us-east-1', bucketOwner: '111122223333' },
    ],
  ]
  for (const [title, options] of odd) {
    it(`is not made for ${title}`, () => {
      expect(() => sigv4Carrier(options)).to.throw(TypeError, /sigv4\./)
    })
  }
})

describe('keys of AWS', () => {
  it('are read as credential_process prints them', () => {
    const read = parseAwsKeys(
      secretOf({ SessionToken: token, Expiration: '2026-11-24T12:00:00.123Z', AccountId: '1' }),
    )
    expect(read.accessKeyId).to.equal(keys.accessKeyId)
    expect(read.secretAccessKey.toString()).to.equal(keys.secretAccessKey)
    expect(read.sessionToken).to.equal(token)
    expect(read.expiresAt).to.equal(nowMs)
  })

  it('show nothing when they are printed', () => {
    const read = parseAwsKeys(secretOf({ SessionToken: token }))
    const shown = inspect(read, { showHidden: true, depth: 9 }) + JSON.stringify(read)
    for (const text of [keys.secretAccessKey, keys.accessKeyId, token]) {
      expect(shown).not.to.include(text)
    }
  })

  const valid = secretOf().toString()
  const faults: [title: string, text: string][] = [
    ['no JSON', 'AKIA:secret'],
    ['nothing', ''],
    ['an array', '[]'],
    ['something behind it', `${valid}{}`],
    ['a name twice', valid.replace('{', '{"AccessKeyId":"AKIAOTHER",')],
    ['a name twice, once escaped', valid.replace('{', String.raw`{"\u0041ccessKeyId":"A",`)],
    ['no version', valid.replace('"Version":1,', '')],
    ['another version', valid.replace('1', '2')],
    ['a version of another type', valid.replace('1', '"1"')],
    ['no key id', valid.replace('AccessKeyId', 'accessKeyId')],
    ['a key id with a slash', valid.replace('AKIA', 'AK/IA')],
    ['a key with a line end', valid.replace('wJal', String.raw`w\r\nJal`)],
    ['a key of another type', valid.replace(/"SecretAccessKey":"[^"]+"/, '"SecretAccessKey":7')],
    ['an empty key', valid.replace(/"SecretAccessKey":"[^"]+"/, '"SecretAccessKey":""')],
    ['a token with a line end', secretOf({ SessionToken: 'a\nb' }).toString()],
    ['a token without end', secretOf({ SessionToken: 'a'.repeat(20_000) }).toString()],
    ['an end that is no moment', secretOf({ Expiration: 'tomorrow' }).toString()],
    ['an end that is a number', secretOf({ Expiration: 1 }).toString()],
  ]
  for (const [title, text] of faults) {
    it(`are refused with ${title}, without a word of them`, () => {
      const parse = () => parseAwsKeys(Buffer.from(text))
      expect(parse)
        .to.throw(CarrierFault)
        .with.property('message')
        .that.does.not.match(/AKIA|wJal|tomorrow/)
    })
  }
})
