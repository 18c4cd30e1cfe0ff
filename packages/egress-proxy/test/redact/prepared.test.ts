import { expect } from 'chai'
import { preparedForRedaction, withoutSessions } from '../../dist/redact/prepared.js'

function acceptOf(...values: readonly string[]): string | undefined {
  const fields = preparedForRedaction(values.map((value) => ['accept-encoding', value] as const))
  expect(fields).to.have.lengthOf(1)
  return fields[0]?.[1]
}

describe('a request whose answer is redacted', () => {
  it('asks for no part: bytes of a secret, one by one, could not be told from any others', () => {
    const fields = preparedForRedaction([
      ['range', 'bytes=0-3'],
      ['if-range', '"a"'],
      ['request-range', 'bytes=0-3'],
      ['accept', 'a/b'],
    ])
    expect(fields).to.deep.equal([
      ['accept', 'a/b'],
      ['accept-encoding', 'identity'],
    ])
  })

  it('asks only for codings that can be undone, of those that it asked for', () => {
    expect(acceptOf()).to.equal('identity')
    expect(acceptOf('gzip, deflate, br, zstd')).to.equal('gzip, deflate, br')
    expect(acceptOf('zstd')).to.equal('identity')
    expect(acceptOf('BR;q=1.0, gzip;q=0')).to.equal('br')
    expect(acceptOf('gzip', 'br')).to.equal('gzip, br')
    expect(acceptOf('*')).to.equal('identity')
  })
})

describe('withoutSessions', () => {
  it('keeps cookies outside, and all else as it is', () => {
    const plain = [['a', 'b']] as const
    expect(withoutSessions(plain)).to.equal(plain)
    expect(
      withoutSessions([
        ['set-cookie', 's=1'],
        ['a', 'b'],
        ['set-cookie2', 's=2'],
      ]),
    ).to.deep.equal([['a', 'b']])
  })
})
