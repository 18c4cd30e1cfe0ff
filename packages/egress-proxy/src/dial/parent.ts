import { canonicalHost } from '../names/canonical-host.ts'
import { canonicalName } from './endpoint.ts'

/** How to reach upstreams through another proxy, as the host application wrote it. */
export interface ParentProxy {
  /** `http:`, `https:`, `socks5:` or `socks5h:` (the same: names are never resolved here), with a login if need be. */
  readonly url: string
  /** Hosts to dial directly: `api.test`, an address, or `.corp.test` for every name below it. */
  readonly noProxy?: readonly string[] | undefined
  /** Authorities (PEM) to trust of the `https:` proxy itself, beside those of Node. */
  readonly trust?: string | readonly string[] | undefined
}

/** What the option takes. */
export type ParentOption = string | ParentProxy

/** A user and password, percent-decoded. */
export interface ParentLogin {
  readonly user: string
  readonly password: string
}

/** Ports where the URL names none; 1080 is the one that RFC 1928 gives SOCKS. */
const defaultPorts: Readonly<Record<string, number>> = {
  'http:': 80,
  'https:': 443,
  'socks5:': 1080,
  'socks5h:': 1080,
}

/**
 * A parent proxy. Its login is in private fields, out of the reach of `JSON.stringify`, `util.inspect` and
 * spreading; only what writes to the parent asks for it.
 */
export class Parent {
  readonly kind: 'http' | 'https' | 'socks5'
  readonly host: string
  readonly port: number
  readonly trust: readonly string[]
  readonly #login: ParentLogin | null
  readonly #noProxy: (host: string) => boolean

  /** @throws TypeError that says what is wrong without repeating the URL. */
  constructor(option: ParentOption) {
    const { url, noProxy = [], trust } = typeof option === 'string' ? { url: option } : option
    const parsed = parseUrl(url)
    this.kind = kindOf(parsed)
    this.host = hostOf(parsed)
    this.port = parsed.port === '' ? (defaultPorts[parsed.protocol] ?? 0) : Number(parsed.port)
    if (this.port === 0) throw new TypeError('upstream: the port must be 1 to 65535')
    this.#login = loginOf(parsed, this.kind)
    this.#noProxy = compileNoProxy(noProxy)
    this.trust = typeof trust === 'string' ? [trust] : (trust ?? [])
    if (this.trust.length > 0 && this.kind !== 'https') {
      throw new TypeError('upstream.trust: only an https: proxy shows a certificate')
    }
  }

  /** Whether the host is dialled directly. */
  isExempt(host: string): boolean {
    return this.#noProxy(host)
  }

  /** For SOCKS5; `null` without a login. */
  login(): ParentLogin | null {
    return this.#login
  }

  /** `Proxy-Authorization` for HTTP (RFC 7617, UTF-8); `null` without a login. */
  authorization(): string | null {
    if (this.#login === null) return null
    const { user, password } = this.#login
    return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  }
}

function parseUrl(text: unknown): URL {
  // The control characters that the URL standard drops in silence are a sign that something is amiss.
  const isClean = typeof text === 'string' && /^[\x21-\x7e]+$/.test(text) && !text.includes('\\')
  const url = isClean && URL.canParse(text) ? new URL(text) : null
  if (url === null) throw new TypeError('upstream: not a URL such as "http://proxy.test:3128"')
  if (!['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '') {
    throw new TypeError('upstream: the URL must end after the port')
  }
  return url
}

function kindOf({ protocol }: URL): Parent['kind'] {
  if (protocol === 'http:') return 'http'
  if (protocol === 'https:') return 'https'
  if (protocol === 'socks5:' || protocol === 'socks5h:') return 'socks5'
  throw new TypeError('upstream: the scheme must be http:, https:, socks5: or socks5h:')
}

function hostOf({ hostname }: URL): string {
  const read = canonicalHost(hostname)
  if (!('host' in read)) {
    throw new TypeError('upstream: the host must be an ASCII host name or an address')
  }
  return read.host
}

function loginOf({ username, password }: URL, kind: Parent['kind']): ParentLogin | null {
  if (username === '' && password === '') return null
  const login = { user: decode(username), password: decode(password) }
  if (kind === 'socks5' && !(fitsSocks(login.user) && fitsSocks(login.password))) {
    throw new TypeError('upstream: SOCKS5 wants a user and a password of 1 to 255 bytes each')
  }
  if (kind !== 'socks5' && login.user.includes(':')) {
    throw new TypeError('upstream: the user must not contain a colon')
  }
  return login
}

function decode(text: string): string {
  const decoded = tryDecode(text)
  if (decoded === null || hasControl(decoded)) {
    throw new TypeError(
      'upstream: the login must be percent-encoded UTF-8 without control characters',
    )
  }
  return decoded
}

function tryDecode(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    // Not percent-encoded UTF-8; the caller says so without the text.
    return null
  }
}

function hasControl(text: string): boolean {
  return Array.from(text).some((character) => {
    const code = character.codePointAt(0) ?? 0
    return code < 0x20 || code === 0x7f
  })
}

function fitsSocks(text: string): boolean {
  const length = Buffer.byteLength(text)
  return length >= 1 && length <= 255
}

function compileNoProxy(entries: readonly string[]): (host: string) => boolean {
  const exact = new Set<string>()
  const below = new Set<string>()
  for (const entry of entries) {
    const name: unknown =
      typeof entry === 'string' && entry.startsWith('.') ? entry.slice(1) : entry
    if (typeof name !== 'string' || canonicalName(name) === null) {
      throw new TypeError(
        `upstream.noProxy: ${JSON.stringify(entry)} is not a lower-case host, address, or ".suffix"`,
      )
    }
    if (name === entry) exact.add(name)
    else below.add(name)
  }
  return (host) => exact.has(host) || hasParentIn(host, below)
}

function hasParentIn(host: string, suffixes: ReadonlySet<string>): boolean {
  if (suffixes.size === 0) return false
  for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1)) {
    if (suffixes.has(host.slice(dot + 1))) return true
  }
  return false
}
