import { expect } from 'chai'
import { bodySchema } from '../../dist/policy/body-schema.js'

function faults(rule: unknown): string {
  const parsed = bodySchema.safeParse(rule)
  return parsed.success ? '' : parsed.error.issues.map((issue) => issue.message).join('; ')
}

const where = (condition: unknown): unknown => ({ json: { where: [condition] } })

describe('bodySchema', () => {
  const taken: [why: string, rule: unknown][] = [
    ['any JSON', { json: {} }],
    ['keys at the top', { json: { keys: ['model', ''] }, maxBytes: 1 }],
    ['a condition on the whole', where({ at: '', maxLength: 1 })],
    ['`*` and `**`', where({ at: '/a/*/**/b', absent: true })],
    ['escapes of a pointer', where({ at: '/a~1b/~0', oneOf: [1, 'x', null, true] })],
    ['hosts of URLs', where({ at: '/url', urlHosts: ['*.good.test'], required: true })],
    ['a `data:` URL', where({ at: '/image', dataUrl: true, required: true })],
    ['a form', { form: { a: '*', b: ['1', ''], c: '2' } }],
    ['parts', { multipart: { file: { file: true, max: 2, types: ['image/png'], maxBytes: 9 } } }],
    ['GraphQL', { graphql: { queries: ['viewer', '__type'], mutations: [] } }],
    ['gRPC', { grpc: ['a.b.Service/Method', 'Service/*'] }],
  ]
  for (const [why, rule] of taken) {
    it(`takes ${why}`, () => {
      expect(faults(rule)).to.equal('')
      expect(bodySchema.parse(rule)).to.deep.equal(rule)
    })
  }

  const refused: [why: string, rule: unknown, told: string][] = [
    ['no kind', {}, 'must name a kind of body'],
    ['a size alone', { maxBytes: 1 }, 'must name a kind of body'],
    ['an unknown kind', { jsn: {} }, 'did you mean `json`'],
    ['a misspelt condition', where({ at: '/a', abset: true }), 'did you mean `absent`'],
    ['no condition', where({ at: '/a' }), 'must hold one of'],
    ['two conditions', where({ at: '/a', absent: true, maxLength: 1 }), 'only one of'],
    ['absent: false', where({ at: '/a', absent: false }), 'may only be `true`'],
    ['dataUrl: false', where({ at: '/a', dataUrl: false }), 'may only be `true`'],
    [
      'an address of two kinds',
      where({ at: '/a', dataUrl: true, urlHosts: ['a.b'] }),
      'only one of',
    ],
    ['absent and required', where({ at: '/a', absent: true, required: true }), 'at once'],
    ['a pointer without a slash', where({ at: 'a', absent: true }), 'JSON pointer'],
    ['JSONPath', where({ at: '$.a', absent: true }), 'JSON pointer'],
    ['a bare `~`', where({ at: '/a~b', absent: true }), '`~0`'],
    ['`**` twice in a row', where({ at: '/**/**/a', absent: true }), 'twice in a row'],
    ['`***`', where({ at: '/***', absent: true }), '`**`'],
    ['a pattern of 33 parts', where({ at: '/a'.repeat(33), absent: true }), '32'],
    ['an empty list of values', where({ at: '/a', oneOf: [] }), 'must name a value'],
    ['an object as a value', where({ at: '/a', oneOf: [{}] }), 'must be a string'],
    ['a URL as a host', where({ at: '/a', urlHosts: ['https://a.test'] }), 'bare host'],
    ['any host', where({ at: '/a', urlHosts: ['*'] }), 'may not be `*`'],
    ['a length below 0', where({ at: '/a', maxLength: -1 }), 'whole number'],
    ['a media type with parameters', { multipart: { a: { types: ['a/b; c=d'] } } }, 'media type'],
    ['a part name with a quote', { multipart: { 'a"b': {} } }, ''],
    ['no parts of a name', { multipart: { a: { max: 0 } } }, 'whole number'],
    ['a GraphQL field with an argument', { graphql: { queries: ['a(b: 1)'] } }, 'name of a field'],
    ['gRPC as a path', { grpc: ['/a.B/C'] }, 'package.Service/Method'],
    ['any gRPC', { grpc: ['*'] }, 'package.Service/Method'],
    ['an empty list of gRPC', { grpc: [] }, 'must name a method'],
  ]
  for (const [why, rule, told] of refused) {
    it(`refuses ${why}`, () => {
      expect(bodySchema.safeParse(rule).success).to.equal(false)
      expect(faults(rule)).to.include(told)
    })
  }
})
