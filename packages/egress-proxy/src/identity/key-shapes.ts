/** A kind of key that can be told by how it looks. */
interface KeyShape {
  readonly prefix: string
  /** What follows. */
  readonly rest: number
  /** How many characters follow at least. */
  readonly least: number
  /** Whether that many, and no more. */
  readonly exactly: boolean
}

const letter = 1
const hex = 2
const capital = 4
const joint = 8
const dot = 16

const alnum: number = letter
const word: number = letter | joint
const dotted: number = letter | joint | dot

const shape = (prefix: string, rest: number, least: number): KeyShape => ({
  prefix,
  rest,
  least,
  exactly: false,
})
const exact = (prefix: string, rest: number, least: number): KeyShape => ({
  prefix,
  rest,
  least,
  exactly: true,
})

/** From memory of the services' own pages, and of what secret scanners look for (2026-11); not checked. */
const shapes: readonly KeyShape[] = [
  // AI services
  shape('sk-ant-', word, 16),
  shape('sk-proj-', word, 16),
  shape('sk-svcacct-', word, 16),
  shape('sk-admin-', word, 16),
  shape('sk-or-', word, 16),
  shape('sk-lf-', word, 16),
  shape('sk-', alnum, 28),
  shape('sess-', alnum, 32),
  shape('ek_', alnum, 28),
  shape('gsk_', alnum, 40),
  shape('xai-', alnum, 40),
  shape('hf_', alnum, 30),
  shape('r8_', alnum, 30),
  shape('pplx-', alnum, 32),
  shape('nvapi-', word, 40),
  shape('tvly-', word, 24),
  shape('csk-', alnum, 32),
  shape('fw_', alnum, 20),
  // Code hosts and package services
  shape('ghp_', alnum, 30),
  shape('gho_', alnum, 30),
  shape('ghu_', alnum, 30),
  shape('ghs_', alnum, 30),
  shape('ghr_', alnum, 30),
  shape('github_pat_', word, 30),
  shape('glpat-', dotted, 18),
  shape('gldt-', word, 18),
  shape('glrt-', dotted, 18),
  shape('glcbt-', word, 18),
  shape('glptt-', word, 18),
  shape('glsoat-', word, 18),
  shape('glagent-', word, 18),
  shape('gloas-', word, 18),
  exact('npm_', alnum, 36),
  shape('pypi-AgE', word, 50),
  shape('rubygems_', hex, 40),
  shape('dckr_pat_', word, 20),
  shape('dckr_oat_', word, 20),
  shape('ATATT3', word, 40),
  shape('ATBB', alnum, 28),
  // Clouds
  exact('AKIA', capital, 16),
  exact('ASIA', capital, 16),
  exact('ABIA', capital, 16),
  exact('ACCA', capital, 16),
  shape('AIza', word, 30),
  shape('AQ.Ab', word, 30),
  shape('ya29.', word, 20),
  shape('GOCSPX-', word, 24),
  shape('1//0', word, 30),
  shape('dop_v1_', hex, 40),
  shape('doo_v1_', hex, 40),
  shape('dor_v1_', hex, 40),
  shape('dapi', hex, 32),
  shape('hvs.', word, 24),
  shape('hvb.', word, 24),
  shape('sbp_', hex, 40),
  shape('sb_secret_', word, 20),
  shape('rnd_', alnum, 24),
  shape('fm2_', alnum, 40),
  // Services
  shape('xoxa-', word, 16),
  shape('xoxb-', word, 16),
  shape('xoxc-', word, 16),
  shape('xoxd-', word, 16),
  shape('xoxe-', word, 16),
  shape('xoxe.', dotted, 16),
  shape('xoxo-', word, 16),
  shape('xoxp-', word, 16),
  shape('xoxr-', word, 16),
  shape('xoxs-', word, 16),
  shape('xapp-', word, 24),
  shape('sk_live_', alnum, 16),
  shape('sk_test_', alnum, 16),
  shape('rk_live_', alnum, 16),
  shape('rk_test_', alnum, 16),
  shape('whsec_', alnum, 24),
  shape('sq0atp-', word, 20),
  shape('sq0csp-', word, 20),
  shape('SG.', dotted, 40),
  shape('shpat_', hex, 32),
  shape('shpca_', hex, 32),
  shape('shppa_', hex, 32),
  shape('shpss_', hex, 32),
  shape('lin_api_', alnum, 30),
  shape('lin_oauth_', alnum, 30),
  shape('secret_', alnum, 40),
  shape('ntn_', alnum, 40),
  shape('figd_', word, 30),
  shape('figu_', word, 30),
  shape('dp.pt.', alnum, 30),
  shape('dp.st.', dotted, 30),
  shape('glsa_', word, 30),
  shape('glc_eyJ', alnum, 30),
  shape('eyJrIjoi', alnum, 40),
  shape('sntrys_', word, 30),
  shape('sntryu_', hex, 40),
  shape('PMAK-', word, 40),
  shape('NRAK-', alnum, 24),
  shape('pk.eyJ', dotted, 40),
  shape('sk.eyJ', dotted, 40),
  shape('key-', hex, 32),
  shape('phc_', alnum, 32),
  shape('phx_', alnum, 32),
  shape('AGE-SECRET-KEY-1', capital, 40),
]

const ascii = 128

const classes: Uint8Array = new Uint8Array(ascii)
for (let code = 0; code < ascii; code += 1) {
  const one = String.fromCharCode(code)
  if (/[A-Za-z0-9]/.test(one)) classes[code] = letter
  if (/[0-9a-fA-F]/.test(one)) classes[code] = (classes[code] ?? 0) | hex
  if (/[A-Z0-9]/.test(one)) classes[code] = (classes[code] ?? 0) | capital
  if (/[-_]/.test(one)) classes[code] = joint
  if (one === '.') classes[code] = dot
}

/** Shapes by their first two characters, so that nearly every word is done with after one look. */
const byStart: ReadonlyMap<number, readonly KeyShape[]> = shapesByStart()

function shapesByStart(): ReadonlyMap<number, readonly KeyShape[]> {
  const found = new Map<number, KeyShape[]>()
  for (const one of shapes) {
    const start = startAt(one.prefix, 0)
    const few = found.get(start)
    if (few === undefined) found.set(start, [one])
    else few.push(one)
  }
  return found
}

const starts: Uint8Array = new Uint8Array(ascii * ascii)
for (const start of byStart.keys()) starts[start] = 1

const token = 'eyJ'
const tokenStart = startAt(token, 0)
starts[tokenStart] = 1

const shortest = 20

function startAt(text: string, at: number): number {
  const [one, other] = [text.charCodeAt(at), text.charCodeAt(at + 1)]
  return one < ascii && other < ascii ? one * ascii + other : 0
}

/** How many characters of a class follow; looks at no more than `most`. */
function run(text: string, from: number, { rest, most }: { rest: number; most: number }): number {
  const end = Math.min(text.length, from + most)
  let at = from
  while (at < end && ((classes[text.charCodeAt(at)] ?? 0) & rest) !== 0) at += 1
  return at - from
}

function fits({ prefix, rest, least, exactly }: KeyShape, text: string, at: number): boolean {
  if (!text.startsWith(prefix, at)) return false
  const from = at + prefix.length
  if (run(text, from, { rest, most: least }) < least) return false
  return !exactly || run(text, from + least, { rest: word, most: 1 }) === 0
}

const longestPart = 1 << 16

/** A JSON Web Token (RFC 7515, 7.1; RFC 7516, 7.1): parts with dots between, the first a JSON object. */
function isToken(text: string, at: number): boolean {
  if (!text.startsWith(token, at)) return false
  const part = { rest: word, most: longestPart }
  const first = run(text, at, part)
  if (first < 8 || text[at + first] !== '.') return false
  const second = at + first + 1
  return text[second + run(text, second, part)] === '.'
}

function isKeyAt(text: string, at: number): boolean {
  const start = startAt(text, at)
  if (starts[start] !== 1) return false
  if (start === tokenStart && isToken(text, at)) return true
  const few = byStart.get(start)
  if (few === undefined) return false
  for (const one of few) if (fits(one, text, at)) return true
  return false
}

/**
 * Whether a word in a text looks like a key of a kind that is known. Each character is looked at a bounded
 * number of times.
 */
export function holdsKey(text: string): boolean {
  const last = text.length - shortest
  let isInWord = false
  for (let at = 0; at <= last; at += 1) {
    const isWord = ((classes[text.charCodeAt(at)] ?? 0) & word) !== 0
    if (isWord && !isInWord && isKeyAt(text, at)) return true
    isInWord = isWord
  }
  return false
}

const longestKey = 8192

/** Whether a whole text looks like a key of a kind that is known. */
export function isKey(text: string): boolean {
  if (text.length < shortest || text.length > longestKey) return false
  return isKeyAt(text, 0) && !/\s/.test(text)
}

const shortestUnknown = 16

/** Whether a text could be a key of any kind: long, without blanks, of letters and digits both. */
export function isKeyLike(text: string): boolean {
  if (text.length < shortestUnknown || text.length > longestKey) return false
  return !/\s/.test(text) && /[A-Za-z]/.test(text) && /[0-9]/.test(text)
}

const schemes: readonly string[] = ['bearer ', 'basic ', 'bearer\t', 'basic\t', 'aws4-', 'aws3-']

/** Whether a value of any field begins as `Authorization` does, with something behind it. */
export function holdsScheme(value: string): boolean {
  const first = value.charCodeAt(0) | 0x20
  if (first !== 0x62 && first !== 0x61) return false
  const start = value.slice(0, 7).toLowerCase()
  return value.length > 12 && schemes.some((scheme) => start.startsWith(scheme))
}
