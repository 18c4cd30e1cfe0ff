import { expect } from 'chai'
import { overlap } from '../../dist/auditor/host-overlap.js'

describe('overlap', () => {
  const cases: readonly (readonly [string, string, string | null, string])[] = [
    ['a.test', 'a.test', 'a.test', 'the same name'],
    ['a.test', 'b.test', null, 'another name'],
    ['x.a.test', 'a.test', null, 'a name below'],
    ['a.test', '*.a.test', null, 'a wildcard does not hold its base'],
    ['x.a.test', '*.a.test', 'x.a.test', 'a name below the row’s wildcard'],
    ['x.y.a.test', '*.a.test', 'x.y.a.test', 'two labels below it'],
    ['*.a.test', 'x.a.test', 'x.a.test', 'a name below the rule’s wildcard'],
    ['*.a.test', 'a.test', null, 'the rule’s wildcard does not hold its base'],
    ['*.a.test', '*.a.test', 'x.a.test', 'the same wildcard'],
    ['*.a.test', '*.b.a.test', 'x.b.a.test', 'the rule’s wildcard is wider'],
    ['*.b.a.test', '*.a.test', 'x.b.a.test', 'the row’s wildcard is wider'],
    ['*.b.test', '*.a.test', null, 'wildcards beside each other'],
    ['s3.eu-1.cloud.test', 's3.*.cloud.test', 's3.eu-1.cloud.test', 'one label between dots'],
    ['s3.a.b.cloud.test', 's3.*.cloud.test', null, 'two labels for one'],
    ['*.cloud.test', 's3.*.cloud.test', 's3.us-east-1.cloud.test', 'a region is made up'],
    ['*.eu-1.cloud.test', 's3.*.cloud.test', 's3.eu-1.cloud.test', 'the rule’s region'],
    [
      '*.s3.eu-1.cloud.test',
      '*.s3.*.cloud.test',
      'x.s3.eu-1.cloud.test',
      'a wildcard and a region',
    ],
    ['evila.test', '*.a.test', null, 'a name that only ends like it'],
  ]
  for (const [rule, row, expected, why] of cases) {
    it(`of ${rule} and ${row} is ${expected ?? 'nothing'}: ${why}`, () => {
      expect(overlap(rule, row)).to.equal(expected)
    })
  }
})
