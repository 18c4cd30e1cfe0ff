import { ClientHelloCursor } from './client-hello-cursor.ts'

/** What the first message of a TLS client says about where it wants to go. */
export interface ClientHello {
  /** Server name as it was sent, one character for each byte; `null` without one. */
  readonly sni: string | null
  /** Application protocols in the client's order, one character for each byte; empty without the extension. */
  readonly alpn: readonly string[]
  /** Versions offered (`0x0304` is TLS 1.3), in order; without the extension the one in the header. */
  readonly versions: readonly number[]
  /** The name that counts may be hidden: Encrypted ClientHello, real or greased, or one of its drafts. */
  readonly hasEch: boolean
  /** The client wants to send data before the handshake is done. */
  readonly hasEarlyData: boolean
}

/** Why a ClientHello cannot be read, in words of our own. */
export interface ClientHelloFault {
  readonly fault: string
}

const serverName = 0
const alpn = 16
const earlyData = 42
const supportedVersions = 43
/** ESNI, the drafts of ECH, `encrypted_client_hello` and `ech_outer_extensions` (RFC 9849, 11.1). */
const hidden: readonly number[] = Object.freeze([
  0xffce, 0xfe08, 0xfe09, 0xfe0a, 0xfe0b, 0xfe0c, 0xfe0d, 0xfd00,
])

/**
 * Reads the body of a ClientHello (RFC 8446, 4.1.2). Every length must be exact and every extension
 * unique: where two could be told apart only by order, two readers could follow different ones.
 */
export function readClientHello(body: Buffer): ClientHello | ClientHelloFault {
  const cursor = new ClientHelloCursor(body)
  const version = cursor.uint16()
  cursor.take(32)
  const session = cursor.vector8()
  const suites = cursor.vector16()
  const compressions = cursor.vector8()
  if (cursor.failed || version >>> 8 !== 3) return { fault: 'the ClientHello is cut or no TLS' }
  if (session.length > 32 || compressions.length === 0 || !isList16(suites)) {
    return { fault: 'a list of the ClientHello has a length that it cannot have' }
  }
  const extensions = readExtensions(cursor)
  return 'fault' in extensions ? extensions : describe(version, extensions.found)
}

/** At least one entry, and entries of two bytes. */
function isList16(list: Buffer): boolean {
  return list.length >= 2 && list.length % 2 === 0
}

function readExtensions(
  hello: ClientHelloCursor,
): { readonly found: ReadonlyMap<number, Buffer> } | ClientHelloFault {
  const found = new Map<number, Buffer>()
  if (hello.done) return { found }
  const cursor = new ClientHelloCursor(hello.vector16())
  if (hello.failed || !hello.done) return { fault: 'the extensions do not fill the ClientHello' }
  while (!cursor.done) {
    const kind = cursor.uint16()
    const data = cursor.vector16()
    if (cursor.failed) return { fault: 'an extension of the ClientHello is cut' }
    if (found.has(kind)) return { fault: 'an extension of the ClientHello comes twice' }
    found.set(kind, data)
  }
  return { found }
}

function describe(
  version: number,
  extensions: ReadonlyMap<number, Buffer>,
): ClientHello | ClientHelloFault {
  const sni = readServerName(extensions.get(serverName))
  const protocols = readProtocols(extensions.get(alpn))
  const versions = readVersions(version, extensions.get(supportedVersions))
  if (sni === undefined)
    return { fault: 'the server name extension holds more or less than a name' }
  if (protocols === null) return { fault: 'the list of application protocols is malformed' }
  if (versions === null) return { fault: 'the list of versions is malformed' }
  return {
    sni,
    alpn: protocols,
    versions,
    hasEch: hidden.some((kind) => extensions.has(kind)),
    hasEarlyData: extensions.has(earlyData),
  }
}

/** RFC 6066, 3: one name of type 0 and nothing else. `null` without the extension, `undefined` for a fault. */
function readServerName(data: Buffer | undefined): string | null | undefined {
  if (data === undefined) return null
  const outer = new ClientHelloCursor(data)
  const list = new ClientHelloCursor(outer.vector16())
  const kind = list.uint8()
  const name = list.vector16()
  const exact = outer.done && !outer.failed && list.done && !list.failed
  return exact && kind === 0 && name.length > 0 ? name.toString('latin1') : undefined
}

/** RFC 7301, 3.1; `null` for a fault. */
function readProtocols(data: Buffer | undefined): readonly string[] | null {
  if (data === undefined) return []
  const outer = new ClientHelloCursor(data)
  const list = new ClientHelloCursor(outer.vector16())
  if (outer.failed || !outer.done || list.done) return null
  const protocols: string[] = []
  while (!list.done) {
    const protocol = list.vector8()
    if (list.failed || protocol.length === 0) return null
    protocols.push(protocol.toString('latin1'))
  }
  return protocols
}

/** RFC 8446, 4.2.1; `null` for a fault. */
function readVersions(version: number, data: Buffer | undefined): readonly number[] | null {
  if (data === undefined) return [version]
  const outer = new ClientHelloCursor(data)
  const bytes = outer.vector8()
  if (outer.failed || !outer.done || !isList16(bytes)) return null
  const list = new ClientHelloCursor(bytes)
  const versions: number[] = []
  while (!list.done) versions.push(list.uint16())
  return versions
}
