import { expect } from 'chai'
import * as fc from 'fast-check'
import { percentDecoded } from '../../dist/carriers/sigv4-canonical.js'
import { amzDate, authorizationFor, sha256Hex } from '../../dist/carriers/sigv4.js'
import { s3Date, s3Examples, s3Host, s3Keys, suite, suiteDate, suiteKeys } from './sigv4-vectors.ts'
import { signatureFault } from './sigv4-verifier.ts'

function keyed(keys: { readonly accessKeyId: string; readonly secretAccessKey: string }) {
  return { accessKeyId: keys.accessKeyId, secretAccessKey: Buffer.from(keys.secretAccessKey) }
}

const alphabet = Array.from("aZ09-._~!$&'()*,=:@/ +%;ሴ")

describe('the signer of AWS Signature Version 4', () => {
  for (const vector of suite) {
    it(`gives the published signature of ${vector.name}`, () => {
      const authorization = authorizationFor(
        {
          method: vector.method,
          target: vector.target,
          fields: [
            ['x-amz-date', suiteDate],
            ...(vector.fields ?? []),
            ['host', 'example.amazonaws.com'],
          ],
          bodyHash: sha256Hex(vector.body ?? ''),
        },
        keyed(suiteKeys),
        { service: 'service', region: 'us-east-1', date: suiteDate },
      )
      expect(authorization).to.equal(
        `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=${vector.signedHeaders}, Signature=${vector.signature}`,
      )
    })
  }

  for (const vector of s3Examples) {
    it(`gives the signature that S3 documents for ${vector.name}`, () => {
      const bodyHash = sha256Hex(vector.body ?? '')
      const authorization = authorizationFor(
        {
          method: vector.method,
          target: vector.target,
          fields: [
            ['host', s3Host],
            ['x-amz-content-sha256', bodyHash],
            ['x-amz-date', s3Date],
            ...(vector.fields ?? []),
          ],
          bodyHash,
        },
        keyed(s3Keys),
        { service: 's3', region: 'us-east-1', date: s3Date },
      )
      expect(authorization).to.equal(
        `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=${vector.signedHeaders}, Signature=${vector.signature}`,
      )
    })
  }

  it('writes a moment as x-amz-date has it', () => {
    expect(amzDate(Date.UTC(2015, 7, 30, 12, 36, 0, 999))).to.equal(suiteDate)
  })

  const decoded: [text: string, meant: string][] = [
    ['%41', 'A'],
    ['%e1%88%b4', 'ሴ'],
    ['100%', '100%'],
    ['%4', '%4'],
    ['%zz%2', '%zz%2'],
    ['%2541', '%41'],
    ['a+b', 'a+b'],
  ]
  for (const [text, meant] of decoded) {
    it(`reads ${text} once`, () => {
      expect(percentDecoded(text).toString()).to.equal(meant)
    })
  }

  it('agrees with a verifier written from the documentation, for any path and query', () => {
    const text = fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 12 })
    const pairs = fc.array(fc.tuple(text, text), { maxLength: 5 })
    fc.assert(
      fc.property(text, pairs, fc.constantFrom('s3', 'dynamodb'), (path, query, service) => {
        const segments = path.split('/').map((s) => (s === '' ? '' : `k${encodeURIComponent(s)}`))
        const escapedPath = segments.join('/')
        const escapedQuery = new URLSearchParams(query).toString()
        const target = `/x/${escapedPath}${escapedQuery === '' ? '' : `?${escapedQuery}`}`
        const body = Buffer.from(path)
        const headers: Record<string, string> = {
          host: 'h.test',
          'x-amz-content-sha256': sha256Hex(body),
          'x-amz-date': suiteDate,
        }
        const scope = { service, region: 'eu-west-1' }
        headers['authorization'] = authorizationFor(
          { method: 'PUT', target, fields: Object.entries(headers), bodyHash: sha256Hex(body) },
          keyed(suiteKeys),
          { ...scope, date: suiteDate },
        )
        const nowMs = Date.UTC(2015, 7, 30, 12, 36)
        const received = { method: 'PUT', target, headers, body }
        expect(signatureFault(received, { ...suiteKeys, ...scope, nowMs })).to.equal(null)
      }),
      { numRuns: 300, seed: 4 },
    )
  })
})
