/** A case of the published test suite of Signature Version 4, in a form of its own. */
export interface Vector {
  readonly name: string
  readonly method: string
  /** As the suite writes it: unescaped where it is so there. */
  readonly target: string
  readonly fields?: readonly (readonly [string, string])[]
  readonly body?: string
  readonly signedHeaders: string
  readonly signature: string
}

export const suiteKeys = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
}
export const suiteDate = '20150830T123600Z'
const suiteToken =
  'AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=='

const unreserved = '-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const plain = 'host;x-amz-date'
const one = 'host;my-header1;x-amz-date'

function get(name: string, target: string, signature: string): Vector {
  return { name, method: 'GET', target, signedHeaders: plain, signature }
}

function fields(
  name: string,
  values: readonly (readonly [string, string])[],
  signature: string,
): Vector {
  return { name, method: 'GET', target: '/', fields: values, signedHeaders: one, signature }
}

const vanilla = '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'

/** aws-sig-v4-test-suite: region us-east-1, service "service", host example.amazonaws.com. */
export const suite: readonly Vector[] = [
  get('get-vanilla', '/', vanilla),
  get(
    'get-vanilla-empty-query-key',
    '/?Param1=value1',
    'a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb',
  ),
  get(
    'get-vanilla-query-order-key-case',
    '/?Param2=value2&Param1=value1',
    'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  ),
  get(
    'get-vanilla-query-order-key',
    '/?Param1=value2&Param1=Value1',
    'eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1',
  ),
  get(
    'get-vanilla-query-order-value',
    '/?Param1=value2&Param1=value1',
    '5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694',
  ),
  get(
    'get-vanilla-query-order-encoded',
    '/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1',
    '371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac',
  ),
  get(
    'get-vanilla-query-unreserved',
    `/?${unreserved}=${unreserved}`,
    '9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197',
  ),
  get(
    'get-vanilla-utf8-query',
    '/?ሴ=bar',
    '2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04',
  ),
  get(
    'get-unreserved',
    `/${unreserved}`,
    '07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f',
  ),
  get('get-utf8', '/ሴ', '8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85'),
  get('get-relative', '/example/..', vanilla),
  get('get-relative-relative', '/example1/example2/../..', vanilla),
  get('get-slash', '//', vanilla),
  get('get-slash-dot-slash', '/./', vanilla),
  get(
    'get-slash-pointless-dot',
    '/./example',
    'ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5',
  ),
  get(
    'get-slashes',
    '//example//',
    '9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84',
  ),
  get(
    'get-space',
    '/example space/',
    '652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741',
  ),
  get(
    'get-special-character',
    '/example/$delete',
    'a853c9b21b528b19643d00910d35b83a10c366a10833ceefb45edd6c80e40f27',
  ),
  fields(
    'get-header-key-duplicate',
    [
      ['my-header1', 'value2'],
      ['my-header1', 'value2'],
      ['my-header1', 'value1'],
    ],
    'c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea',
  ),
  fields(
    'get-header-value-multiline',
    [['my-header1', 'value1   value2      value3']],
    'cfd34249e4b1c8d6b91ef74165d41a32e5fab3306300901bb65a51a73575eefd',
  ),
  fields(
    'get-header-value-order',
    [
      ['my-header1', 'value4'],
      ['my-header1', 'value1'],
      ['my-header1', 'value3'],
      ['my-header1', 'value2'],
    ],
    '08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01',
  ),
  {
    ...fields(
      'get-header-value-trim',
      [
        ['my-header1', ' value1'],
        ['my-header2', ' "a   b   c"'],
      ],
      'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
    ),
    signedHeaders: 'host;my-header1;my-header2;x-amz-date',
  },
  {
    ...get('post-vanilla', '/', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'),
    method: 'POST',
  },
  {
    ...get(
      'post-vanilla-query',
      '/?Param1=value1',
      '28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11',
    ),
    method: 'POST',
  },
  {
    ...fields(
      'post-header-key-sort',
      [['my-header1', 'value1']],
      'c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c',
    ),
    method: 'POST',
  },
  {
    ...fields(
      'post-header-value-case',
      [['my-header1', 'VALUE1']],
      'cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d',
    ),
    method: 'POST',
  },
  {
    name: 'post-x-www-form-urlencoded',
    method: 'POST',
    target: '/',
    fields: [['content-type', 'application/x-www-form-urlencoded']],
    body: 'Param1=value1',
    signedHeaders: 'content-type;host;x-amz-date',
    signature: 'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
  },
  {
    name: 'post-x-www-form-urlencoded-parameters',
    method: 'POST',
    target: '/',
    fields: [['content-type', 'application/x-www-form-urlencoded; charset=utf8']],
    body: 'Param1=value1',
    signedHeaders: 'content-type;host;x-amz-date',
    signature: '1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe',
  },
  {
    name: 'post-sts-header-before',
    method: 'POST',
    target: '/',
    fields: [['x-amz-security-token', suiteToken]],
    signedHeaders: 'host;x-amz-date;x-amz-security-token',
    signature: '85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead',
  },
]

export const s3Keys = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
}
export const s3Date = '20130524T000000Z'
export const s3Host = 'examplebucket.s3.amazonaws.com'

/** Amazon S3 API Reference, "Signature Calculations for the Authorization Header", its four examples. */
export const s3Examples: readonly Vector[] = [
  {
    name: 'GET object',
    method: 'GET',
    target: '/test.txt',
    fields: [['range', 'bytes=0-9']],
    signedHeaders: 'host;range;x-amz-content-sha256;x-amz-date',
    signature: 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  },
  {
    name: 'PUT object',
    method: 'PUT',
    target: '/test$file.text',
    fields: [
      ['date', 'Fri, 24 May 2013 00:00:00 GMT'],
      ['x-amz-storage-class', 'REDUCED_REDUNDANCY'],
    ],
    body: 'Welcome to Amazon S3.',
    signedHeaders: 'date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class',
    signature: '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  },
  {
    name: 'GET bucket lifecycle',
    method: 'GET',
    target: '/?lifecycle',
    signedHeaders: 'host;x-amz-content-sha256;x-amz-date',
    signature: 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  },
  {
    name: 'GET bucket, list objects',
    method: 'GET',
    target: '/?max-keys=2&prefix=J',
    signedHeaders: 'host;x-amz-content-sha256;x-amz-date',
    signature: '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  },
]
