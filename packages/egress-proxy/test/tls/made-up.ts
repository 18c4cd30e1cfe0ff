import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { buildAuthority, buildLeaf, type Issuer, toPem } from '../../dist/tls/certificate.js'

/** A server's chain and key, as `tls.createServer` takes them. */
export interface MadeUpServer {
  readonly cert: string
  readonly key: string
}

/** How a made-up chain differs from a good one. */
export interface MadeUp {
  readonly host?: string
  /** Days from now. */
  readonly from?: number
  readonly to?: number
  readonly intermediate?: boolean
}

const day = 86_400_000

/** An authority that no sandbox has, whose keys a test holds. */
export class MadeUpAuthority {
  readonly pem: string
  readonly #names: readonly string[] | null
  readonly #root: Issuer
  readonly #below: Issuer
  readonly #belowPem: string
  readonly #leaf: { publicKey: KeyObject; privateKey: KeyObject } = keys()

  constructor(names: readonly string[] | null = null) {
    this.#names = names
    this.#root = { commonName: 'made-up root', ...keys() }
    this.#below = { commonName: 'made-up issuer', ...keys() }
    this.pem = this.#authority(this.#root, 1)
    this.#belowPem = this.#authority(this.#below, 0)
  }

  server(made: MadeUp = {}): MadeUpServer {
    const { host = 'a.test', from = -1, to = 30, intermediate = true } = made
    const now = Date.now()
    const { publicKey } = this.#leaf
    const dates = { notBefore: now + from * day, notAfter: now + to * day }
    const issuer = intermediate ? this.#below : this.#root
    const leaf = toPem(buildLeaf({ host, publicKey, ...dates }, issuer))
    const key = this.#leaf.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
    return { cert: intermediate ? leaf + this.#belowPem : leaf, key }
  }

  /** A leaf that signed itself. */
  selfSigned(host: string): MadeUpServer {
    const now = Date.now()
    const issuer = { commonName: host, ...this.#leaf }
    const dates = { notBefore: now - day, notAfter: now + day }
    const cert = toPem(buildLeaf({ host, publicKey: this.#leaf.publicKey, ...dates }, issuer))
    return { cert, key: this.#leaf.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString() }
  }

  #authority(about: Issuer, pathLength: number): string {
    const now = Date.now()
    const { commonName, publicKey } = about
    const constraints = this.#names === null ? null : { names: this.#names }
    const dates = { notBefore: now - 400 * day, notAfter: now + 400 * day }
    const request = { commonName, publicKey, pathLength, constraints, ...dates }
    return toPem(buildAuthority(request, this.#root))
  }
}

function keys(): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
}
