import { expect } from 'chai'
import { pathCarrier } from '../../dist/carriers/path-carrier.js'
import { faultOf, leaving, put, texts } from './fixture.ts'

describe('a credential in the path', () => {
  const cases: readonly [segment: number, prefix: string, before: string, after: string][] = [
    [0, 'bot', '/botdummy/sendMessage', '/bot12:AB_c-d/sendMessage'],
    [0, 'bot', '/bot/sendMessage?a=/b', '/bot12:AB_c-d/sendMessage?a=/b'],
    [1, '', '/hooks/dummy', '/hooks/12:AB_c-d'],
    [2, '', '/a/b/c/', '/a/b/12:AB_c-d/'],
    [1, '', '/hooks/', '/hooks/12:AB_c-d'],
  ]
  for (const [segment, prefix, before, after] of cases) {
    it(`makes ${after} of ${before}`, () => {
      const { head } = put(pathCarrier(segment, prefix), leaving(before), '12:AB_c-d')
      expect(head.target).to.equal(after)
    })
  }

  const missing: readonly [segment: number, prefix: string, target: string][] = [
    [0, 'bot', '/file/botdummy'],
    [2, '', '/a/b'],
    [5, '', '/a?/b/c/d/e/f/g'],
    [0, 'bot/x', '/bot/x/y'],
    [0, 'bot?', '/bot?x'],
    [0, '', '*'],
  ]
  for (const [segment, prefix, target] of missing) {
    it(`is refused where ${target} has no place for it`, () => {
      const act = () => put(pathCarrier(segment, prefix), leaving(target), 'SECRET')
      expect(faultOf(act, 'SECRET')).to.match(/^the path has no/)
    })
  }

  for (const secret of ['a/b', 'a\\b', '.', '..', 'line\nbreak'])
    it(`is refused with ${JSON.stringify(secret)}, which two servers could read differently`, () => {
      expect(faultOf(() => put(pathCarrier(0, ''), leaving('/x'), secret), secret)).to.match(
        /^the secret/,
      )
    })

  it('hides the secret, and how it is escaped', () => {
    expect(texts(pathCarrier(0, '').hidden(Buffer.from('a%;b')))).to.deep.equal([
      'a%;b',
      'a%25%3Bb',
    ])
  })
})
