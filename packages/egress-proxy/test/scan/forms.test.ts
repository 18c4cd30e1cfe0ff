import { expect } from 'chai'
import { formsOf } from '../../dist/scan/forms.js'
import { Automaton } from '../../dist/scan/automaton.js'

const secret = `sk/live+9"a&b'c<d>e\\f=g h~Z0é-_7`

function finds(text: string, direction: 'in' | 'out' = 'out', of = secret): string | null {
  const forms = formsOf({ about: 'key', kind: 'secret', bytes: Buffer.from(of) }, direction)
  const automaton = new Automaton(forms.map(({ bytes }) => bytes))
  const cursor = { state: 0 }
  if (automaton.find(cursor, Buffer.from(text, 'latin1'), 0) < 0) return null
  return forms[automaton.longest(cursor.state)]?.name ?? null
}

function latin1(bytes: Buffer | string): string {
  return Buffer.from(bytes).toString('latin1')
}

const bytes = Buffer.from(secret)
const escaped = (prefix: string): string =>
  [...bytes].map((byte) => `${prefix}${byte.toString(16).padStart(2, '0')}`).join('')

describe('the forms of a pattern', () => {
  const written: readonly (readonly [string, string, string])[] = [
    ['as it is', latin1(secret), 'raw'],
    ['in capital letters, as names have no case', latin1(secret).toUpperCase(), 'raw'],
    ['encodeURIComponent', encodeURIComponent(secret), 'percent'],
    ['encodeURI', encodeURI(secret), 'percent'],
    ['every byte escaped', escaped('%'), 'percent'],
    ['every byte escaped, capital digits', escaped('%').toUpperCase(), 'percent'],
    ['a form', new URLSearchParams({ a: secret }).toString().slice(2), 'form'],
    ['JSON', latin1(JSON.stringify(secret).slice(1, -1)), 'json'],
    [
      'JSON with escaped slashes',
      latin1(JSON.stringify(secret).replaceAll('/', '\\/').slice(1, -1)),
      'json',
    ],
    ['JSON, every byte escaped', escaped('\\u00'), 'json'],
    ['hexadecimal', bytes.toString('hex'), 'hex'],
    ['hexadecimal, capital digits', bytes.toString('hex').toUpperCase(), 'hex'],
    [
      'HTML',
      latin1(
        secret
          .replaceAll('&', '&amp;')
          .replaceAll('<', '&lt;')
          .replaceAll('>', '&gt;')
          .replaceAll('"', '&quot;')
          .replaceAll("'", '&#39;'),
      ),
      'html',
    ],
    ['UTF-16', latin1(Buffer.from(latin1(secret), 'utf16le')), 'utf-16'],
    ['backwards', latin1(Buffer.from(bytes.toReversed())), 'reversed'],
  ]
  for (const [how, text, name] of written) {
    it(`are found when it is written so: ${how}`, () => {
      expect(finds(`before ${text} behind`)).to.equal(name)
    })
  }

  it('are found in base64 and base64url wherever it stands in what is encoded', () => {
    for (let before = 0; before < 7; before += 1) {
      for (let behind = 0; behind < 4; behind += 1) {
        const whole = Buffer.concat([Buffer.alloc(before, 'q'), bytes, Buffer.alloc(behind, 'w')])
        expect(finds(whole.toString('base64'))).to.equal('base64')
        expect(finds(whole.toString('base64url'))).to.equal('base64')
      }
    }
  })

  it('are found in base32 wherever it stands', () => {
    const letters = 'abcdefghijklmnopqrstuvwxyz234567'
    for (let before = 0; before < 6; before += 1) {
      const whole = Buffer.concat([Buffer.alloc(before, 'q'), bytes, Buffer.from('end')])
      let bits = ''
      for (const byte of whole) bits += byte.toString(2).padStart(8, '0')
      const text = (bits.match(/.{5}/g) ?? []).map((five) => letters[parseInt(five, 2)]).join('')
      expect(finds(text)).to.equal('base32')
      expect(finds(text.toUpperCase())).to.equal('base32')
    }
  })

  it('are not looked for backwards in answers', () => {
    expect(finds(latin1(Buffer.from(bytes.toReversed())), 'in')).to.equal(null)
  })

  it('are none for what is shorter than six bytes, and none shorter than eight but itself', () => {
    const of = (text: string): readonly { readonly bytes: Uint8Array }[] =>
      formsOf({ about: 'a', kind: 'secret', bytes: Buffer.from(text) }, 'out')
    expect(of('12345')).to.deep.equal([])
    const lengths = of('abcdef').map((form) => form.bytes.length)
    expect(lengths[0]).to.equal(6)
    expect(Math.min(...lengths.slice(1))).to.be.at.least(8)
  })

  it('are each there once, and fewer for what is very long', () => {
    const count = (length: number): number =>
      formsOf({ about: 'a', kind: 'secret', bytes: Buffer.alloc(length, 'Zq3-x') }, 'out').length
    expect(count(40)).to.be.at.most(20)
    expect(count(5000)).to.be.below(count(40))
  })
})
