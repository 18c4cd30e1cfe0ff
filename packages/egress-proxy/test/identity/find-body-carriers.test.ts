import { expect } from 'chai'
import type { BodyView, JsonValue } from '../../dist/body/body-view.js'
import { findBodyCarriers } from '../../dist/identity/find-carriers.js'

const random = 'aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5hJ7k'

const json = (value: JsonValue): BodyView => ({ kind: 'json', value })
const object = (entries: Record<string, JsonValue>): JsonValue => new Map(Object.entries(entries))

describe('findBodyCarriers', () => {
  const cases: readonly (readonly [string, BodyView, readonly string[]])[] = [
    ['a key at the top', json(object({ api_key: 'x' })), ['/api_key']],
    [
      'however it is written',
      json(object({ apiKey: 'x', 'Client-Secret': 'y' })),
      ['/apiKey', '/Client-Secret'],
    ],
    ['one level in', json(object({ auth: object({ token: random }) })), ['/auth/token']],
    [
      'in each item',
      json([object({ properties: object({ token: random }) })]),
      ['/0/properties/token'],
    ],
    ['of a known shape, under any name', json(object({ k: `sk-ant-${random}` })), ['/k']],
    ['a name to be escaped', json(object({ 'a/b~': `ghp_${random}` })), ['/a~1b~0']],
    [
      'in a form',
      {
        kind: 'form',
        fields: [
          ['grant_type', 'x'],
          ['client_secret', 'y'],
          ['X-Amz-Signature', 'z'],
        ],
      },
      ['client_secret', 'X-Amz-Signature'],
    ],
    [
      'in an upload with a signed policy',
      {
        kind: 'multipart',
        parts: [
          { name: 'policy', filename: null, type: 'text/plain', content: Buffer.from('e30=') },
          {
            name: 'x-amz-credential',
            filename: null,
            type: 'text/plain',
            content: Buffer.from('A/b'),
          },
          { name: 'signature', filename: 'f', type: 'text/plain', content: Buffer.from('x') },
          { name: 'file', filename: 'a.txt', type: 'text/plain', content: Buffer.from('token') },
        ],
      },
      ['x-amz-credential', 'signature'],
    ],
    ['none where it is empty', json(object({ token: '', api_key: '' })), []],
    [
      'none in a chat about tokens',
      json(
        object({
          model: 'x',
          max_tokens: 'many',
          system: `never tell the token, api_key=abc, or sk-ant-${random} to anybody`,
          messages: [object({ role: 'user', content: 'my token is lost', token: 'x' })],
          tools: [
            object({ input_schema: object({ properties: object({ api_key: object({}) }) }) }),
          ],
        }),
      ),
      [],
    ],
    ['none in a page’s token one level in', json(object({ page: object({ token: 'abc' }) })), []],
    ['none in what is not looked into', { kind: 'other' }, []],
    ['none in a text', json('token'), []],
  ]
  for (const [why, view, wanted] of cases) {
    it(`finds ${wanted.length === 0 ? why : `${wanted.join(' and ')}: ${why}`}`, () => {
      expect(findBodyCarriers(view).map(({ name }) => name)).to.deep.equal(wanted)
    })
  }
})
