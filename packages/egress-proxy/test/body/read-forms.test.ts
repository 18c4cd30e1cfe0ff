import { expect } from 'chai'
import * as fc from 'fast-check'
import { readBody, type ReadBody } from '../../dist/body/read-body.js'

const limits = { judgedBodyBytes: 4_194_304 }

function read(contentType: string | null, body: string | Buffer): ReadBody {
  return readBody({ contentType, contentEncoding: null, bytes: Buffer.from(body) }, limits)
}

function kind(contentType: string | null, body: string | Buffer): string {
  return read(contentType, body).view.kind
}

function multipart(...lines: string[]): string {
  return lines.join('\r\n')
}

const form = 'application/x-www-form-urlencoded'
const parts = 'multipart/form-data; boundary=b'

describe('readBody and forms', () => {
  const written: [why: string, body: string, sent: string][] = [
    ['fields in order', 'b=1&a=2&b=3', 'b=1&a=2&b=3'],
    ['escapes in one way', 'a%62=%7e+%2B%20', 'ab=%7E+%2B+'],
    ['a field without a value', 'a=', 'a='],
    ['an equals sign in a value', 'a=b=c', 'a=b%3Dc'],
    ['a semicolon, which some take for a border', 'a=1;b=2', 'a=1%3Bb%3D2'],
    ['brackets', 'a[b]=c', 'a%5Bb%5D=c'],
    ['UTF-8', 'a=%C3%A9', 'a=%C3%A9'],
  ]
  for (const [why, body, sent] of written) {
    it(`writes ${why}`, () => {
      const result = read(form, body)
      expect(result.view.kind).to.equal('form')
      expect(result.bytes.toString()).to.equal(sent)
      expect([...new URLSearchParams(sent)]).to.deep.equal([...new URLSearchParams(body)])
    })
  }

  const loose: [why: string, body: string | Buffer][] = [
    ['text that is no form', 'hello'],
    ['an escape that is cut', 'a=%4'],
    ['an escape that is none', 'a=%zz'],
    ['an escape of UTF-16', 'a=%u0041'],
    ['bytes behind escapes that are not UTF-8', 'a=%ff'],
    ['an overlong form', 'a=%c0%af'],
    ['raw UTF-8', 'a=é'],
    ['a line break', 'a=1\n'],
    ['a blank', 'a=1 2'],
    ['an empty field', 'a=1&&b=2'],
    ['a field without a key', '=1'],
    ['U+0000 in a key', 'a%00=1'],
    ['an ampersand at the end', 'a=1&'],
  ]
  for (const [why, body] of loose) {
    it(`calls ${why} loose, and leaves it as it is`, () => {
      const result = read(form, body)
      expect(result.view.kind).to.equal('loose-form')
      expect(result.bytes).to.deep.equal(Buffer.from(body))
    })
  }

  it('refuses too many fields, in whatever way they are written', () => {
    expect(kind(form, 'a=1&'.repeat(10_000) + 'a=1')).to.equal('unreadable')
    expect(kind(form, 'a=1;\n'.repeat(10_001))).to.equal('unreadable')
  })

  const found: [body: string, fields: [string, string][]][] = [
    ['a round', [['a round', '']]],
    ['a=1;client_secret=x', [['a', '1;client_secret=x']]],
    [
      'a=1 2;client_secret=x',
      [
        ['a', '1 2'],
        ['client_secret', 'x'],
      ],
    ],
    [
      'a=%zz\nclient%5fsecret=x',
      [
        ['a', '%zz'],
        ['client_secret', 'x'],
      ],
    ],
    [
      '&& client_secret =x&é=1',
      [
        ['client_secret', 'x'],
        ['Ã©', '1'],
      ],
    ],
  ]
  for (const [body, fields] of found) {
    it(`finds in ${JSON.stringify(body)} what the most lenient reader would`, () => {
      expect(read(form, body).view).to.deep.include({ fields })
    })
  }

  it('reads what URLSearchParams writes', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 })
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { minLength: 1 }), (fields) => {
        const body = new URLSearchParams(fields).toString()
        const result = read(form, body)
        if (fields.some(([key]) => key.includes('\0'))) return
        expect(result.view).to.deep.equal({ kind: 'form', fields: [...new URLSearchParams(body)] })
        expect(result.bytes.toString()).to.equal(body)
      }),
      { numRuns: 300, seed: 4 },
    )
  })
})

describe('readBody and parts', () => {
  const disposition = 'Content-Disposition: form-data; name="a"'
  const simple = multipart('--b', disposition, '', 'value', '--b--', '')

  it('reads fields and files', () => {
    const body = multipart(
      '--b',
      disposition,
      '',
      'line\r\nbreak',
      '--b',
      'content-type: Image/PNG; x=y',
      'CONTENT-DISPOSITION: form-data; name=file; filename="a é.png"',
      '',
      '\0\x01--b',
      '--b--',
    )
    const { view } = read(parts, body)
    expect(view).to.deep.equal({
      kind: 'multipart',
      parts: [
        { name: 'a', filename: null, type: 'text/plain', content: Buffer.from('line\r\nbreak') },
        { name: 'file', filename: 'a é.png', type: 'image/png', content: Buffer.from('\0\x01--b') },
      ],
    })
  })

  it('takes a body without parts', () => {
    expect(read(parts, '--b--\r\n').view).to.deep.equal({ kind: 'multipart', parts: [] })
  })

  it('writes parts under a boundary that nobody inside can know', () => {
    const first = read(parts, simple)
    const boundary = /^multipart\/form-data; boundary=(part-[0-9a-f]{64})$/.exec(
      first.contentType ?? '',
    )?.[1]
    expect(boundary).to.be.a('string')
    expect(first.bytes.toString()).to.equal(
      `--${boundary}\r\ncontent-disposition: form-data; name="a"\r\n\r\nvalue\r\n--${boundary}--\r\n`,
    )
    const second = read(first.contentType, first.bytes)
    expect(second.view).to.deep.equal(first.view)
    expect(second.contentType).not.to.equal(first.contentType)
  })

  it('takes apart a border that a loose reader would see in a part', () => {
    const body = multipart(
      '--b',
      disposition,
      '',
      'x\n--b\nContent-Disposition: form-data; name="evil"\n\ny',
      '--b--',
      '',
    )
    const { view, bytes } = read(parts, body)
    expect(view.kind === 'multipart' && view.parts.length).to.equal(1)
    expect(bytes.toString().split('\n--part-').length - 1).to.equal(1)
  })

  it('reads a boundary in quotes, with characters that need them', () => {
    const body = simple.replaceAll('--b', "--a'()+_,-./:=?")
    expect(kind(`multipart/form-data; boundary="a'()+_,-./:=?"`, body)).to.equal('multipart')
    expect(kind(`multipart/form-data; boundary=a'()+_,-./:=?`, body)).to.equal('unreadable')
  })

  const head = (...lines: string[]): string => multipart('--b', ...lines, '', 'value', '--b--', '')
  const refused: [why: string, body: string, type?: string][] = [
    ['text in front', `x\r\n${simple}`],
    ['a line break in front', `\r\n${simple}`],
    ['text behind', `${simple}x`],
    ['a second body behind', simple + simple],
    ['a line feed for line ends', simple.replaceAll('\r\n', '\n')],
    ['one line feed in a header', simple.replace('"a"\r\n', '"a"\n')],
    ['blanks behind a boundary', simple.replace('--b\r\n', '--b \r\n')],
    ['a boundary that goes on', simple.replace('value', 'x\r\n--bx\r\ny')],
    ['no last boundary', simple.replace('--b--\r\n', '')],
    ['a cut last boundary', simple.replace('--b--\r\n', '--b-')],
    ['a part without a header', multipart('--b', '', 'value', '--b--', '')],
    ['a part without a blank line', multipart('--b', disposition, '--b--', '')],
    ['no name', head('Content-Disposition: form-data')],
    ['an empty name', head('Content-Disposition: form-data; name=""')],
    ['a name twice', head('Content-Disposition: form-data; name="a"; name="b"')],
    ['a name twice by case', head('Content-Disposition: form-data; name="a"; NAME="b"')],
    ['a disposition twice', head(disposition, 'Content-Disposition: form-data; name="b"')],
    ['a disposition twice by case', head(disposition, 'content-disposition: form-data; name="b"')],
    ['another disposition', head('Content-Disposition: attachment; name="a"')],
    ['filename*', head(`${disposition}; filename*=UTF-8''x`)],
    ['filename and filename*', head(`${disposition}; filename="a"; filename*=UTF-8''b`)],
    ['name*', head("Content-Disposition: form-data; name*=UTF-8''a")],
    ['name* in pieces', head('Content-Disposition: form-data; name*0="a"')],
    ['an escaped quote in a name', head('Content-Disposition: form-data; name="a\\"; x=\\"b"')],
    ['a quote without an end', head('Content-Disposition: form-data; name="a')],
    ['a stranger in a disposition', head(`${disposition}; size=1`)],
    ['a folded header', head('Content-Disposition: form-data;', ' name="a"')],
    ['a bare carriage return in a header', head(`${disposition}\rx: y`)],
    ['a NUL in a name', head('Content-Disposition: form-data; name="a\0"')],
    ['another transfer coding', head(disposition, 'Content-Transfer-Encoding: base64')],
    ['a stranger among headers', head(disposition, 'X-A: b')],
    ['a blank before the colon', head('Content-Disposition : form-data; name="a"')],
    ['a body of bodies', head(disposition, 'Content-Type: multipart/mixed; boundary=c')],
    ['text of another charset', head(disposition, 'Content-Type: text/plain; charset=utf-16')],
    ['a header that is too long', head(`${disposition}; filename="${'x'.repeat(4096)}"`)],
    ['too many parts', '--b\r\n' + `${disposition}\r\n\r\n\r\n--b\r\n`.repeat(1001)],
    [
      'a boundary of 71',
      simple.replaceAll('--b', `--${'b'.repeat(71)}`),
      `multipart/form-data; boundary=${'b'.repeat(71)}`,
    ],
    ['an empty boundary', simple.replaceAll('--b', '--'), 'multipart/form-data; boundary=""'],
    [
      'a boundary with a blank',
      simple.replaceAll('--b', '--b c'),
      'multipart/form-data; boundary="b c"',
    ],
    ['two boundaries', simple, 'multipart/form-data; boundary=b; boundary=c'],
  ]
  for (const [why, body, type] of refused) {
    it(`refuses ${why}`, () => expect(kind(type ?? parts, body)).to.equal('unreadable'))
  }

  it('reads the same again in what it wrote, for any change to a body', () => {
    const change = fc.record({
      at: fc.nat(simple.length),
      cut: fc.nat(4),
      put: fc.oneof(
        fc.constantFrom('\r\n', '--b', '\r\n--b', '"', ';', ' ', '\n', disposition),
        fc.string(),
      ),
    })
    fc.assert(
      fc.property(fc.array(change, { maxLength: 4 }), (changes) => {
        let body = simple
        for (const { at, cut, put } of changes)
          body = body.slice(0, at) + put + body.slice(at + cut)
        const first = read(parts, body)
        if (first.view.kind !== 'multipart') return
        expect(read(first.contentType, first.bytes).view).to.deep.equal(first.view)
      }),
      { numRuns: 2000, seed: 4 },
    )
  })

  it('reads what FormData writes', async () => {
    const data = new FormData()
    data.append('a', 'é\r\nb')
    data.append('file', new Blob(['{}'], { type: 'application/json' }), 'x y.json')
    const response = new Response(data)
    const { view } = read(
      response.headers.get('content-type'),
      Buffer.from(await response.arrayBuffer()),
    )
    expect(
      view.kind === 'multipart' &&
        view.parts.map(({ name, filename, type }) => [name, filename, type]),
    ).to.deep.equal([
      ['a', null, 'text/plain'],
      ['file', 'x y.json', 'application/json'],
    ])
  })
})
