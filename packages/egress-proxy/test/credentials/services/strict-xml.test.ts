import { expect } from 'chai'
import * as fc from 'fast-check'
import { childNamed, readXml } from '../../../dist/credentials/services/strict-xml.js'
import { assumed } from './fake-sts.ts'

function read(text: string) {
  return readXml(Buffer.from(text))
}

describe('the reader of XML', () => {
  it('reads elements, text and entities', () => {
    const root = read(
      '<?xml version="1.0" encoding="UTF-8"?>\n<a xmlns="https://x.test/">\n <b>1 &lt; 2 &amp;&#38;&#x1F600;</b><c/></a>\n',
    )
    expect(root?.name).to.equal('a')
    expect(root && childNamed(root, 'b')?.text).to.equal('1 < 2 &&\u{1f600}')
    expect(root && childNamed(root, 'c')).to.deep.equal({ name: 'c', text: '', children: [] })
    expect(root && childNamed(root, 'd')).to.equal(null)
  })

  const refused: [title: string, text: string][] = [
    ['nothing', ''],
    ['text alone', 'a'],
    ['no end', '<a>'],
    ['an end alone', '</a>'],
    ['another end', '<a></b>'],
    ['half a tag', '<a'],
    ['an empty tag', '<>'],
    ['a tag with a blank before it', '< a></a>'],
    ['a name with a colon', '<x:a></x:a>'],
    ['a name that starts with a digit', '<1></1>'],
    ['a long name', `<${'a'.repeat(65)}/>`],
    ['an attribute', '<a b="c"/>'],
    ['a namespace without quotes', '<a xmlns=b/>'],
    ['a > in a namespace', '<a xmlns="b>c"/>'],
    ['a DOCTYPE', '<!DOCTYPE a><a/>'],
    ['a comment', '<a><!-- b --></a>'],
    ['CDATA', '<a><![CDATA[b]]></a>'],
    ['an instruction', '<a><?b?></a>'],
    ['a second declaration', '<?xml version="1.0"?><?xml version="1.0"?><a/>'],
    ['a declaration of another coding', '<?xml version="1.0" encoding="UTF-16"?><a/>'],
    ['an unknown entity', '<a>&b;</a>'],
    ['a bare ampersand', '<a>b & c</a>'],
    ['a long entity', `<a>&${'b'.repeat(50)};</a>`],
    ['an entity of a NUL', '<a>&#0;</a>'],
    ['an entity of half a character', '<a>&#xd800;</a>'],
    ['an entity beyond Unicode', '<a>&#x110000;</a>'],
    ['a control character', '<a>\u0007</a>'],
    ['the end of CDATA', '<a>]]></a>'],
    ['text between elements', '<a>b<c/></a>'],
    ['a byte order mark', '\ufeff<a/>'],
    ['17 levels', '<a>'.repeat(17) + '</a>'.repeat(17)],
    ['257 elements', `<a>${'<b/>'.repeat(256)}</a>`],
    ['65 537 bytes', `<a>${' '.repeat(65_530)}</a>`],
  ]
  for (const [title, text] of refused) {
    it(`refuses ${title}`, () => {
      expect(read(text)).to.equal(null)
    })
  }

  it('takes what is just within the bounds', () => {
    expect(read('<a>'.repeat(16) + '</a>'.repeat(16))).not.to.equal(null)
    expect(read(`<a>${'<b/>'.repeat(255)}</a>`)).not.to.equal(null)
    expect(read(`<a>${' '.repeat(65_529)}</a>`)).not.to.equal(null)
  })

  it('neither throws nor reads text that was not there, whatever it is given', () => {
    const good = assumed(0)
    const pieces = ['<', '>', '/', '&', ';', '<a>', '</a>', '"', '<!', ']]>', '&#x41;', ' ', '\0']
    const edits = fc.array(fc.tuple(fc.nat(good.length), fc.nat(40), fc.constantFrom(...pieces)), {
      minLength: 1,
      maxLength: 4,
    })
    fc.assert(
      fc.property(edits, (changes) => {
        let text = good
        for (const [at, length, piece] of changes) {
          text = text.slice(0, at) + piece + text.slice(at + length)
        }
        const root = read(text)
        if (root === null) return
        const walk = (element: typeof root): number =>
          1 + element.children.reduce((sum, child) => sum + walk(child), 0)
        expect(walk(root)).to.be.at.most(256)
      }),
      { numRuns: 3000, seed: 7 },
    )
    const bytes = fc.uint8Array({ maxLength: 200 })
    fc.assert(
      fc.property(bytes, (given) => {
        readXml(given)
      }),
      { numRuns: 2000, seed: 7 },
    )
  })
})
