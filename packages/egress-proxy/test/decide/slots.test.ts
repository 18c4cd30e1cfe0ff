import { expect } from 'chai'
import type { Slot } from '../../dist/carriers/carrier.js'
import {
  basic,
  body,
  code,
  dummy,
  foreign,
  h,
  header,
  misused,
  other,
  rule,
  stranger,
  withSlot,
  type Case,
} from './names.ts'

function slotTable(slot: Slot, cases: readonly Case[]): void {
  for (const [why, parts, wanted] of cases) {
    it(`${wanted}: ${slot.kind}, ${why}`, () => {
      expect(code(rule({ identity: 'key' }), parts, withSlot(slot))).to.equal(wanted)
    })
  }
}

describe('decide, on what stands where a credential belongs', () => {
  slotTable(header, [
    ['nothing', {}, 'allow'],
    ['its dummy', h(['x-api-key', dummy]), 'allow'],
    ['its dummy between tabs', h(['x-api-key', `\t${dummy} `]), 'allow'],
    ['nothing in it', h(['x-api-key', '']), 'allow'],
    ['a stranger’s key', h(['x-api-key', stranger]), foreign],
    ['its dummy twice', h(['x-api-key', dummy], ['x-api-key', dummy]), misused],
    ['its dummy and a stranger’s key', h(['x-api-key', dummy], ['x-api-key', stranger]), foreign],
    ['both in one field', h(['x-api-key', `${dummy}, ${stranger}`]), misused],
    ['its dummy elsewhere', h(['authorization', `Bearer ${dummy}`]), 'allow'],
    ['another’s dummy', h(['x-api-key', other]), misused],
    [
      'a stranger’s token beside',
      h(['x-api-key', dummy], ['authorization', `Bearer ${stranger}`]),
      foreign,
    ],
    ['a cookie beside', h(['cookie', 'a=1']), foreign],
    ['a key among programs', h(['user-agent', `sk-ant-${stranger}`]), foreign],
  ])
  slotTable({ kind: 'header', name: 'authorization', scheme: 'Bearer' }, [
    ['its dummy', h(['authorization', `Bearer ${dummy}`]), 'allow'],
    ['its dummy in another case', h(['authorization', `bearer\t${dummy}`]), 'allow'],
    ['the scheme alone', h(['authorization', 'Bearer']), 'allow'],
    ['its dummy without a scheme', h(['authorization', dummy]), 'allow'],
    ['its dummy with another scheme', h(['authorization', basic(`u:${dummy}`)]), 'allow'],
    ['a stranger’s token', h(['authorization', `Bearer ${stranger}`]), foreign],
    ['a key of the other kind', h(['x-api-key', stranger]), foreign],
  ])
  slotTable({ kind: 'basic', user: 'u' }, [
    ['its dummy as the password', h(['authorization', basic(`u:${dummy}`)]), 'allow'],
    ['of any user', h(['authorization', basic(`x:${dummy}`)]), 'allow'],
    ['its dummy as the user', h(['authorization', basic(`${dummy}:x`)]), misused],
    ['a stranger', h(['authorization', basic(`u:${stranger}`)]), foreign],
    ['its dummy as a token', h(['authorization', `Bearer ${dummy}`]), 'allow'],
  ])
  const signature = (id: string): string =>
    `AWS4-HMAC-SHA256 Credential=${id}/20261124/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=00`
  slotTable({ kind: 'sigv4' }, [
    [
      'its dummy',
      h(
        ['authorization', signature(dummy)],
        ['x-amz-date', '20261124T000000Z'],
        ['x-amz-content-sha256', 'UNSIGNED-PAYLOAD'],
      ),
      'allow',
    ],
    ['a stranger’s key id', h(['authorization', signature('AKIAABCDEFGHIJKLMNOP')]), foreign],
    ['a longer id', h(['authorization', signature(`${dummy}x`)]), misused],
    [
      'a stranger’s session',
      h(['authorization', signature(dummy)], ['x-amz-security-token', stranger]),
      foreign,
    ],
    ['the asymmetric form', h(['authorization', 'AWS4-ECDSA-P256-SHA256 Credential=x/y']), foreign],
    [
      'a streamed body',
      h(
        ['authorization', signature(dummy)],
        ['x-amz-content-sha256', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'],
      ),
      foreign,
    ],
    [
      'a presigned URL',
      {
        query: [
          ['X-Amz-Credential', `${dummy}/x`],
          ['X-Amz-Signature', '00'],
        ],
      },
      misused,
    ],
  ])
  slotTable({ kind: 'query', name: 'k' }, [
    ['its dummy', { query: [['k', dummy]] }, 'allow'],
    ['nothing', {}, 'allow'],
    ['a stranger’s key', { query: [['k', stranger]] }, foreign],
    [
      'its dummy twice',
      {
        query: [
          ['k', dummy],
          ['k', dummy],
        ],
      },
      misused,
    ],
    [
      'another key beside',
      {
        query: [
          ['k', dummy],
          ['token', stranger],
        ],
      },
      foreign,
    ],
  ])
  slotTable({ kind: 'cookie', name: 's' }, [
    ['its dummy', h(['cookie', `s=${dummy}`]), 'allow'],
    ['another beside', h(['cookie', `s=${dummy}; t=1`]), foreign],
    ['its dummy twice', h(['cookie', `s=${dummy}; s=${dummy}`]), misused],
    ['a stranger’s', h(['cookie', `s=${stranger}`]), foreign],
  ])
  slotTable({ kind: 'path', segment: 0, prefix: 'bot' }, [
    ['its dummy', { path: `/bot${dummy}/send` }, 'allow'],
    ['nothing behind the prefix', { path: '/bot/send' }, 'allow'],
    ['a stranger’s token', { path: `/bot1:${stranger}/send` }, foreign],
    ['no place for it', { path: '/x' }, foreign],
    ['its dummy further on', { path: `/bot/bot1:${dummy}` }, misused],
  ])
  slotTable({ kind: 'json', pointer: '/api_key' }, [
    ['its dummy', { body: body({ kind: 'json', value: new Map([['api_key', dummy]]) }) }, 'allow'],
    [
      'a stranger’s key',
      { body: body({ kind: 'json', value: new Map([['api_key', stranger]]) }) },
      foreign,
    ],
    [
      'a key beside',
      {
        body: body({
          kind: 'json',
          value: new Map([
            ['api_key', dummy],
            ['token', stranger],
          ]),
        }),
      },
      foreign,
    ],
    ['a header', h(['x-api-key', dummy]), 'allow'],
  ])
  slotTable({ kind: 'mtls' }, [
    ['nothing', {}, 'allow'],
    ['any key', h(['x-api-key', stranger]), foreign],
  ])
})
