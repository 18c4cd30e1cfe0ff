import { base32, base62, randomText } from './random-text.ts'

/** What a key of some service looks like, as far as programs check. */
interface Shape {
  /** With which its keys begin. */
  readonly prefix: string
  /** Whether a variable of this name usually holds one. */
  readonly variable: RegExp
  rest(): string
}

const base64url = `${base62}-_`

function plain(length: number): () => string {
  return () => randomText(length, base62)
}

/** Lengths as the services' documents and their keys have them. The first that fits counts. */
const shapes: readonly Shape[] = [
  {
    prefix: 'sk-ant-api03-',
    variable: /ANTHROPIC|CLAUDE/,
    rest: () => `${randomText(93, base64url)}AA`,
  },
  {
    prefix: 'sk-or-v1-',
    variable: /OPENROUTER/,
    rest: () => randomText(64, '0123456789abcdef'),
  },
  {
    prefix: 'sk-proj-',
    variable: /OPENAI/,
    rest: () => `${randomText(74, base64url)}T3BlbkFJ${randomText(74, base64url)}`,
  },
  { prefix: 'ghs_', variable: /GITHUB_(?:APP|INSTALLATION)/, rest: plain(36) },
  { prefix: 'ghp_', variable: /GITHUB|(?:^|_)GH_/, rest: plain(36) },
  {
    prefix: 'github_pat_',
    variable: /(?!)/,
    rest: () => `${randomText(22, base62)}_${randomText(59, base62)}`,
  },
  { prefix: 'glpat-', variable: /GITLAB/, rest: plain(20) },
  { prefix: 'AKIA', variable: /AWS_ACCESS_KEY/, rest: () => randomText(16, base32) },
  { prefix: 'AIza', variable: /GEMINI|GOOGLE_API/, rest: () => randomText(35, base64url) },
  { prefix: 'hf_', variable: /(?:^|_)HF_|HUGGING/, rest: plain(34) },
  { prefix: 'eyJ', variable: /JWT/, rest: () => jwt().slice('eyJ'.length) },
]

/** Enough for nobody to guess: 190 bits and more. */
const genericLength = 32

/** A text that looks like a key, begins with `prefix`, and opens nothing. */
export function lookAlikeOf(prefix: string): string {
  const shape = shapes.find((one) => one.prefix === prefix)
  if (shape !== undefined) return prefix + shape.rest()
  const whole = `${prefix}${randomText(genericLength, base62)}`
  // What begins like a JWT is taken apart at its dots.
  const missing = prefix.startsWith('eyJ') ? 3 - whole.split('.').length : 0
  let text = whole
  for (let part = 0; part < missing; part += 1) text += `.${randomText(genericLength, base62)}`
  return text
}

/** The same for the variable that will hold it; `caisson-dummy-…` where its name says nothing. */
export function lookAlikeFor(variable: string): string {
  const shape = shapes.find((one) => one.variable.test(variable.toUpperCase()))
  return shape === undefined ? lookAlikeOf('caisson-dummy-') : shape.prefix + shape.rest()
}

function jwt(): string {
  const coded = (value: object): string =>
    Buffer.from(JSON.stringify(value), 'utf8').toString('base64url')
  const claims = { sub: 'caisson-dummy', jti: randomText(22, base62), exp: 4_102_444_800 }
  return `${coded({ alg: 'HS256', typ: 'JWT' })}.${coded(claims)}.${randomText(43, base64url)}`
}
