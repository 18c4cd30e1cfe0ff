import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import type { SecureContext } from 'node:tls'
import { defaultLimits, type ProxyLimits } from '../limits.ts'
import { RefusalError } from '../refusal.ts'
import { buildAuthority, buildLeaf, type Issuer, toPem } from './certificate.ts'
import { leafContext } from './leaf-context-listen.ts'
import { type AuthorityName, VouchedNames } from './vouched-names.ts'

/** What an authority is made for. */
export interface AuthorityOptions {
  /** Stands in the names of its certificates. */
  readonly sandboxId: string
  /** The names that it may vouch for; `any` where policy can grow, or asks. */
  readonly names: readonly AuthorityName[] | 'any'
  /** Milliseconds since the epoch. Default: the clock. */
  readonly now?: () => number
  readonly limits?: Pick<ProxyLimits, 'leaves'>
}

/** The certificate authority of one sandbox. Its keys live in memory only, and nothing returns them. */
export interface Authority {
  /** What programs inside have to trust. Self-signed, and its key is gone already. */
  readonly certificatePem: string
  readonly certificateDer: Buffer
  /**
   * What a server at this name needs for a handshake.
   *
   * @param host - canonical name
   * @throws RefusalError `sni_mismatch` for a name that the authority was not made for, `internal` when
   * the certificate cannot be made
   */
  contextFor(host: string): SecureContext
}

interface KeyPair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

interface Leaf {
  readonly context: SecureContext
  /** Milliseconds since the epoch. */
  readonly renewAt: number
}

const hour = 3_600_000
const day = 24 * hour
/** As long as public authorities will be allowed to from 2029 on, so that no client finds it odd. */
const leafDays = 47
const renewalDays = 7
const authorityDays = 3650

/**
 * Makes an authority with fresh keys. Two certificates, both with the same name constraints: a root, which is
 * what programs trust and whose key is dropped at once, and an issuer below it, which signs. Java and
 * others do not look at the constraints of what they trust (RFC 5280, section 6.1, leaves it to them), but
 * all look at those of an issuer in between.
 */
export function createAuthority(options: AuthorityOptions): Authority {
  return new SandboxAuthority(options)
}

class SandboxAuthority implements Authority {
  readonly certificatePem: string
  readonly certificateDer: Buffer
  readonly #names: VouchedNames
  readonly #now: () => number
  readonly #most: number
  readonly #issuer: Issuer
  readonly #issuerPem: string
  readonly #leafKeys: KeyPair
  readonly #ticketKeys: Buffer
  /** The one used last is last. */
  readonly #leaves = new Map<string, Leaf>()

  constructor(options: AuthorityOptions) {
    this.#names = new VouchedNames(options.names)
    this.#now = options.now ?? Date.now
    this.#most = Math.max(1, (options.limits ?? defaultLimits).leaves)
    const title = authorityTitle(options.sandboxId)
    const keys = makeKeys()
    const at = this.#now()
    const validity = { notBefore: at - hour, notAfter: at + authorityDays * day }
    const subtrees = this.#names.subtrees()
    const shared = { ...validity, constraints: subtrees === null ? null : { names: subtrees } }
    const rootKeys = makeKeys()
    const root: Issuer = { commonName: title, ...rootKeys }
    this.#issuer = { commonName: `${title} issuer`, ...keys }
    this.certificateDer = buildAuthority(
      { ...shared, pathLength: 1, commonName: title, publicKey: rootKeys.publicKey },
      root,
    )
    this.certificatePem = toPem(this.certificateDer)
    this.#issuerPem = toPem(
      buildAuthority(
        {
          ...shared,
          pathLength: 0,
          commonName: this.#issuer.commonName,
          publicKey: keys.publicKey,
        },
        root,
      ),
    )
    this.#leafKeys = makeKeys()
    this.#ticketKeys = randomBytes(48)
  }

  contextFor(host: string): SecureContext {
    const known = this.#leaves.get(host)
    this.#leaves.delete(host)
    const leaf = known !== undefined && known.renewAt > this.#now() ? known : this.#mint(host)
    this.#leaves.set(host, leaf)
    this.#forgetOldest()
    return leaf.context
  }

  #mint(host: string): Leaf {
    if (!this.#names.covers(host)) throw outside()
    const at = this.#now()
    const notAfter = at - hour + leafDays * day
    try {
      const request = { host, publicKey: this.#leafKeys.publicKey, notBefore: at - hour, notAfter }
      const chain = toPem(buildLeaf(request, this.#issuer)) + this.#issuerPem
      const privateKey = this.#leafKeys.privateKey
        .export({ format: 'pem', type: 'pkcs8' })
        .toString()
      const context = leafContext({ host, chain, privateKey, ticketKeys: this.#ticketKeys })
      return { context, renewAt: notAfter - renewalDays * day }
    } catch (cause) {
      throw unmade(cause)
    }
  }

  #forgetOldest(): void {
    if (this.#leaves.size <= this.#most) return
    const [oldest] = this.#leaves.keys()
    if (oldest !== undefined) this.#leaves.delete(oldest)
  }
}

function makeKeys(): KeyPair {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
}

/** Tells sandboxes apart, in the 64 characters that a common name has (RFC 5280, appendix A.1). */
function authorityTitle(sandboxId: string): string {
  const shown = sandboxId.replaceAll(/[^A-Za-z0-9_-]/g, '-').slice(0, 32)
  return `Caisson ${shown} ${randomBytes(4).toString('hex')}`
}

function outside(): RefusalError {
  return new RefusalError({
    code: 'sni_mismatch',
    rule: null,
    reason: 'The authority of this sandbox may not vouch for this name.',
    remedy: 'Connect to a name that the network policy allows.',
  })
}

function unmade(cause: unknown): RefusalError {
  return new RefusalError(
    {
      code: 'internal',
      rule: null,
      reason: 'The certificate for this name could not be made.',
      remedy: 'Try again; if it stays, report it.',
    },
    { cause },
  )
}
