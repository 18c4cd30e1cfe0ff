import { expect } from 'chai'
import { Redactor } from '../../dist/redact/redactor.js'
import type { Pattern } from '../../dist/scan/pattern.js'

/** Of all letters that somebody escapes, never far apart: no half of it stays as it is. */
const secret = 'aB3+dE5/gH7=jK9&mN1<pQ3>sT5"vW7\'yZ9`bC1+dE3/fG5=@hJ~7*k(1)L!2,m;3:n$4'
/** As storage services and clouds make them: base64. */
const coded = 'q3+Zr/8Kp1+Wm/4Ty9+Lx/7Vb2+Nc/5Hd6+Jf/0Gs=='

function patternOf(text: string): Pattern {
  return { about: 'key', kind: 'secret', bytes: Buffer.from(text) }
}

function redacted(text: string, held: string): string {
  const redactor = new Redactor([patternOf(held)])
  const head = redactor.head({ status: 200, headers: [['x', text]] }, () => undefined)
  return head.headers[0]?.[1] ?? ''
}

const hex = (letter: string, width: number): string =>
  letter.charCodeAt(0).toString(16).padStart(width, '0')

/** Escapes these letters as `\uXXXX`. */
function json(letters: string): (text: string) => string {
  return (text) =>
    Array.from(JSON.stringify(text).slice(1, -1), (letter) =>
      letters.includes(letter) ? `\\u${hex(letter, 4)}` : letter,
    ).join('')
}

function html(entities: Readonly<Record<string, string>>): (text: string) => string {
  return (text) => Array.from(text, (letter) => entities[letter] ?? letter).join('')
}

function url(stays: string): (text: string) => string {
  return (text) =>
    Array.from(text, (letter) =>
      /[A-Za-z0-9]/.test(letter) || stays.includes(letter)
        ? letter
        : `%${hex(letter, 2).toUpperCase()}`,
    ).join('')
}

const usual = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
const writers: Readonly<Record<string, (text: string) => string>> = {
  'JSON of Go and Rails': json('<>&'),
  'JSON of Gson': json("<>&='"),
  'JSON of .NET': (text) => json("<>&'+`")(text).replaceAll('\\"', '\\u0022'),
  'JSON of PHP': (text) => JSON.stringify(text).slice(1, -1).replaceAll('/', '\\/'),
  'HTML of Mustache and Handlebars': html({
    ...usual,
    '"': '&quot;',
    "'": '&#39;',
    '/': '&#x2F;',
    '`': '&#x60;',
    '=': '&#x3D;',
  }),
  'HTML of Handlebars': html({
    ...usual,
    '"': '&quot;',
    "'": '&#x27;',
    '`': '&#x60;',
    '=': '&#x3D;',
  }),
  'HTML as OWASP advises': html({ ...usual, '"': '&quot;', "'": '&#x27;', '/': '&#x2F;' }),
  'HTML of templates of Go': html({ ...usual, '"': '&#34;', "'": '&#39;', '+': '&#43;' }),
  'HTML of Go and Jinja': html({ ...usual, '"': '&#34;', "'": '&#39;' }),
  'URLs of Python': url('-._~/'),
  'paths of Go': url('-._~$&+=:@'),
  'segments of RFC 3986': url("-._~!$&'()*+,;=:@"),
  'queries of RFC 3986': url("-._~!$&'()*+,;=:@/?"),
  'forms of PHP': url('-_.'),
  'escape of JavaScript': url('@*_+-./'),
}

describe('a secret that a server writes as its libraries do', () => {
  for (const [writer, write] of Object.entries(writers)) {
    for (const held of [secret, coded]) {
      it(`is made unreadable in ${writer}: ${held.slice(0, 6)}…`, () => {
        const echoed = write(held)
        const seen = redacted(echoed, held)
        expect(seen).to.match(/^\[redacted:key\]\**$/)
        expect(seen).to.have.length(echoed.length)
        // What is not ours stays as it is.
        const other = write('something else that has to stay, of nobody: <b>a+b=c/d</b>')
        expect(redacted(other, held)).to.equal(other)
      })
    }
  }

  for (const [why, text] of [
    ['in JSON of ASCII', 'pässwörd-ünd-mehr'],
    ['beyond the first plane', 'key-🔑-and-more-🔑'],
  ] as const) {
    it(`is made unreadable with letters beyond ASCII ${why}`, () => {
      const echoed = Array.from({ length: text.length }, (_none, at) => text[at] ?? '')
        .map((unit) => (unit > '~' ? `\\u${hex(unit, 4)}` : unit))
        .join('')
      expect(redacted(echoed, text)).to.match(/^\[redacted:key\]/)
    })
  }
})
