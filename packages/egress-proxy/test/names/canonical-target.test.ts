import { expect } from 'chai'
import * as fc from 'fast-check'
import { canonicalTarget } from '../../dist/names/canonical-target.js'

const both = [true, false]

describe('canonicalTarget', () => {
  const rewritten: [why: string, raw: string, path: string][] = [
    ['the root', '/', '/'],
    ['a plain path', '/v1/messages', '/v1/messages'],
    ['one slash at the end', '/v1/messages/', '/v1/messages/'],
    ['case counts', '/V1/FILES', '/V1/FILES'],
    ['unreserved characters are decoded', '/v1/%66iles%2D%5f%7e', '/v1/files-_~'],
    ['escapes are upper-cased', '/a%c3%a9', '/a%C3%A9'],
    ['reserved characters stay escaped', '/a%3Ab%40c%3f', '/a%3Ab%40c%3F'],
    ['reserved characters stay unescaped', "/a:b@c!$&'()*+,=", "/a:b@c!$&'()*+,="],
    ['a dot at the start of a name', '/.well-known/a..b/...', '/.well-known/a..b/...'],
    ['an escaped percent sign', '/100%25/a', '/100%25/a'],
    ['what clients leave unescaped', '/a[0]|{b}^`"<>', '/a%5B0%5D%7C%7Bb%7D%5E%60%22%3C%3E'],
    ['an escaped blank', '/a%20b', '/a%20b'],
    ['an escaped semicolon', '/a%3bb', '/a%3Bb'],
  ]
  for (const [why, raw, path] of rewritten) {
    for (const strict of both) {
      it(`accepts, ${strict ? 'strict' : 'loose'}: ${why}`, () => {
        expect(canonicalTarget(raw, { strict })).to.deep.equal({ path, query: [], target: path })
      })
    }
  }

  const refused: [why: string, raw: string][] = [
    ['nothing', ''],
    ['no slash', 'v1/messages'],
    ['the asterisk', '*'],
    ['absolute form', 'https://good.test/'],
    ['a query alone', '?a'],
    ['a dot segment', '/v1/messages/../files'],
    ['a dot segment at the end', '/v1/..'],
    ['a single dot', '/v1/./files'],
    ['a single dot at the end', '/v1/.'],
    ['an escaped dot segment', '/v1/messages/%2e%2e/files'],
    ['a half escaped dot segment', '/v1/.%2E/files'],
    ['a dot segment behind an escaped slash', '/v1/messages%2f..%2ffiles'],
    ['a dot segment before a parameter', '/v1/messages/..;/files'],
    ['a dot segment before an escaped parameter', '/v1/..%3b/files'],
    ['a backslash', '\\v1\\files'],
    ['a backslash in the path', '/v1\\files'],
    ['an escaped backslash', '/v1%5Cfiles'],
    ['an escaped NUL', '/v1/messages%00'],
    ['an escaped line feed', '/v1%0afiles'],
    ['an escaped DEL', '/v1%7f'],
    ['an escaped escape', '/v1/%252e%252e/files'],
    ['an escaped escape, escaped again', '/v1/%25%32%65'],
    ['a NUL', '/v1\0'],
    ['a blank', '/v1 messages'],
    ['a tab', '/v1\tmessages'],
    ['a line feed at the end', '/v1\n'],
    ['an 8-bit byte', '/v1/\xe9'],
    ['a wide character', '/v1/\u2024\u2024/'],
    ['a fragment', '/v1#messages'],
    ['an empty fragment', '/v1#'],
    ['a broken escape', '/v1/%zz'],
    ['a cut escape', '/v1/%2'],
    ['a percent sign at the end', '/v1/%'],
    ['an overlong dot', '/v1/%c0%ae%c0%ae/files'],
    ['an overlong slash', '/v1/%e0%80%af'],
    ['a lone continuation byte', '/v1/%80'],
    ['a surrogate', '/v1/%ed%a0%80'],
    ['an overlong target', `/${'a'.repeat(8192)}`],
    ['a target that escaping makes overlong', `/${'|'.repeat(4000)}`],
    ['a control byte in the query', '/v1?a=\r\n'],
    ['a NUL in the query', '/v1?a=%00'],
    ['a fragment behind a query', '/v1?a#b'],
    ['an 8-bit byte in the query', '/v1?\xff'],
    ['a broken escape in the query', '/v1?a=%'],
    ['a query that is no UTF-8', '/v1?a=%ff'],
  ]
  for (const [why, raw] of refused) {
    for (const strict of both) {
      it(`refuses, ${strict ? 'strict' : 'loose'}: ${why}`, () => {
        expect(canonicalTarget(raw, { strict })).to.have.all.keys('fault')
      })
    }
  }

  const loose: [why: string, raw: string, path: string][] = [
    ['an escaped slash, as package registries use it', '/@scope%2fname', '/@scope%2Fname'],
    ['a parameter', '/v1/messages;a=b/files', '/v1/messages;a=b/files'],
    ['empty segments', '//v1//files', '//v1//files'],
    ['two slashes at the end', '/v1//', '/v1//'],
  ]
  for (const [why, raw, path] of loose) {
    it(`refuses only when strict: ${why}`, () => {
      expect(canonicalTarget(raw, { strict: true })).to.have.all.keys('fault')
      expect(canonicalTarget(raw, { strict: false })).to.deep.include({ path, target: path })
    })
  }

  const queries: [why: string, raw: string, text: string, pairs: [string, string][]][] = [
    ['an empty query stays', '', '', []],
    [
      'pairs in order',
      'b=1&a=2&b=3',
      'b=1&a=2&b=3',
      [
        ['b', '1'],
        ['a', '2'],
        ['b', '3'],
      ],
    ],
    ['a key alone', 'a', 'a', [['a', '']]],
    ['empty pieces', '&a=1&&', '&a=1&&', [['a', '1']]],
    ['an empty key', '=1', '=1', [['', '1']]],
    ['an equals sign in a value', 'a=b=c', 'a=b=c', [['a', 'b=c']]],
    ['plus and %20 stay apart in the target', 'a=b+c%20d%2b', 'a=b+c%20d%2B', [['a', 'b c d+']]],
    ['escaped separators', 'a=b%26c%3dd', 'a=b%26c%3Dd', [['a', 'b&c=d']]],
    ['unreserved is decoded', '%61=%2e', 'a=.', [['a', '.']]],
    ['a semicolon is plain', 'a=1;b=2', 'a=1;b=2', [['a', '1;b=2']]],
    [
      'a URL in a value',
      'u=https://a.test/?b',
      'u=https://a.test/?b',
      [['u', 'https://a.test/?b']],
    ],
    ['brackets', 'a[]=1', 'a%5B%5D=1', [['a[]', '1']]],
    [
      'braces, bars, quotes',
      'q={"a":[1|2]}',
      'q=%7B%22a%22:%5B1%7C2%5D%7D',
      [['q', '{"a":[1|2]}']],
    ],
    ['a backslash', 'q=a\\b', 'q=a%5Cb', [['q', 'a\\b']]],
    ['an escaped escape', 'u=a%2520b', 'u=a%2520b', [['u', 'a%20b']]],
    ['an escaped line feed', 'q=a%0ab', 'q=a%0Ab', [['q', 'a\nb']]],
    ['dots are plain', 'q=../..', 'q=../..', [['q', '../..']]],
    ['UTF-8', 'q=%c3%a9', 'q=%C3%A9', [['q', 'é']]],
  ]
  for (const [why, raw, text, query] of queries) {
    it(`reads a query: ${why}`, () => {
      expect(canonicalTarget(`/p?${raw}`, { strict: true })).to.deep.equal({
        path: '/p',
        query,
        target: `/p?${text}`,
      })
    })
  }

  const plain =
    '/ . % 2 5 e E %2e %2F %25 %5c %41 %00 %c3%a9 %c3 a ; \\ ? # & = + [ | ~ %7E %3b é \0'
  const pieces = fc.constantFrom(' ', ...plain.split(' '))
  const hostile = fc.array(pieces, { maxLength: 12 }).map((list) => `/${list.join('')}`)

  it('changes nothing when applied to its own result', () => {
    fc.assert(
      fc.property(hostile, fc.boolean(), (raw, strict) => {
        const once = canonicalTarget(raw, { strict })
        if ('fault' in once) return
        expect(canonicalTarget(once.target, { strict })).to.deep.equal(once)
      }),
      { seed: 4, numRuns: 30_000 },
    )
  })

  it('leaves nothing that the URL standard reads as another path', () => {
    fc.assert(
      fc.property(hostile, (raw) => {
        const read = canonicalTarget(raw, { strict: true })
        if ('fault' in read) return
        expect(new URL(`https://good.test${read.target}`).pathname).to.equal(read.path)
        expect(decodeURIComponent(read.path).split('/')).not.to.include.members(['..'])
      }),
      { seed: 5, numRuns: 30_000 },
    )
  })

  it('decodes a query as the URL standard does', () => {
    fc.assert(
      fc.property(hostile, (raw) => {
        const read = canonicalTarget(raw, { strict: false })
        if ('fault' in read) return
        const pairs = [...new URLSearchParams(`&${read.target.split('?').slice(1).join('?')}`)]
        expect(read.query).to.deep.equal(pairs)
      }),
      { seed: 6, numRuns: 30_000 },
    )
  })

  describe('where rules spell an escaped slash', () => {
    const options = { strict: true, escapedSlash: true } as const

    it('takes one with something on both sides, and nothing else that is loose', () => {
      const taken = (raw: string): boolean => !('fault' in canonicalTarget(raw, options))
      for (const raw of ['/@a%2fb', '/@a%2Fb/c%2Fd', '/a%2Fb%2Fc'])
        expect(taken(raw), raw).to.equal(true)
      for (const raw of [
        '/%2Fa',
        '/a%2F',
        '/a%2F%2Fb',
        '/a%2F/b',
        '/a/%2Fb',
        '/a%2F..',
        '/a%2F..%2Fb',
        '/a%2F%2e%2e/b',
        '/a%2F.%2Fb',
        '/a%2F..%20/b',
        '/a%252Fb',
        '/a;%2Fb',
        '/a//b',
        '/a%5C%2Fb',
      ])
        expect(taken(raw), raw).to.equal(false)
    })

    it('changes nothing the second time', () => {
      const once = canonicalTarget('/@a%2fb?c=%2f', options)
      if ('fault' in once) throw new Error(once.fault)
      expect(once.target).to.equal('/@a%2Fb?c=%2F')
      expect(canonicalTarget(once.target, options)).to.deep.equal(once)
    })

    it('refuses it elsewhere', () => {
      expect(canonicalTarget('/@a%2Fb', { strict: true })).to.have.all.keys('fault')
    })
  })
})
