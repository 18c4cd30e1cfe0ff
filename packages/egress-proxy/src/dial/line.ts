import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { connectFirst } from './connect-dial.ts'
import { Deadline, within } from './deadline.ts'
import type { DialParts, TlsWish } from './dial-parts.ts'
import type { Destination } from './dial.ts'
import { dialRefusal, errorWord } from './dial-refusal.ts'
import { authorityOf, type Endpoint } from './endpoint.ts'
import { canonicalHost } from '../names/canonical-host.ts'
import { httpTunnel } from './http-parent.ts'
import type { Parent } from './parent.ts'
import { chooseRoute } from './route.ts'
import { RefusalError } from '../refusal.ts'
import { socksTunnel } from './socks-parent.ts'
import { vetAddresses } from './vet.ts'

/** A connection to a destination of which nothing was used yet. */
export interface Line {
  readonly stream: Duplex
  /** The address that the guard let pass, or `null` where it has no say (fixed endpoint, parent proxy). */
  readonly vetted: Endpoint | null
}

/**
 * Opens a connection to a destination: over the fixed endpoint, the parent proxy, or the vetted addresses
 * of the name.
 */
export async function openLine(
  destination: Destination,
  parts: DialParts,
  signals: readonly AbortSignal[],
): Promise<Line> {
  const route = chooseRoute(destination, parts.routing)
  if (route.kind === 'fixed') {
    const { address, port } = route.endpoint
    return { stream: await connectOne([address], port, { parts, signals }), vetted: null }
  }
  if (route.kind === 'parent') {
    // A name is resolved by the parent, and so out of sight. An address can be judged, so it is.
    if (isAddress(destination.host)) vetAddresses([destination.host], destination.port, parts.judge)
    return {
      stream: await openThrough(route.parent, destination, { parts, signals }),
      vetted: null,
    }
  }
  return openDirect(destination, parts, signals)
}

interface Step {
  readonly parts: DialParts
  readonly signals: readonly AbortSignal[]
}

async function openDirect(
  { host, port }: Destination,
  parts: DialParts,
  signals: readonly AbortSignal[],
): Promise<Line> {
  const found = await addressesOf(host, { parts, signals })
  const addresses = vetAddresses(found, port, parts.judge)
  const deadline = new Deadline(signals, parts.limits.connectMs, 'connect_failed')
  const { socket, address } = await within(deadline, (signal) =>
    connectFirst({ addresses, port }, signal),
  )
  try {
    // The guard may have become stricter while this was under way.
    vetAddresses([address], port, parts.judge)
  } catch (error) {
    socket.destroy()
    throw error
  }
  return { stream: socket, vetted: { address, port } }
}

async function addressesOf(host: string, { parts, signals }: Step): Promise<readonly string[]> {
  if (isAddress(host)) return [host]
  // The resolver has its own time-out; this one ends the wait should the resolver not keep it.
  const deadline = new Deadline(signals, parts.limits.resolveMs + 1_000, 'resolve_failed')
  return within(deadline, (signal) => parts.resolver.resolve(host, signal))
}

async function connectOne(
  addresses: readonly string[],
  port: number,
  { parts, signals }: Step,
): Promise<Duplex> {
  const deadline = new Deadline(signals, parts.limits.connectMs, 'connect_failed')
  const { socket } = await within(deadline, (signal) => connectFirst({ addresses, port }, signal))
  return socket
}

/** The parent is the host's own configuration: where it is does not concern the guard. */
async function openThrough(parent: Parent, destination: Destination, step: Step): Promise<Duplex> {
  const { parts, signals } = step
  const addresses = await addressesOf(parent.host, step)
  const socket = await connectOne(addresses, parent.port, step)
  try {
    const stream = parent.kind === 'https' ? await overTls(socket, parent, step) : socket
    const deadline = new Deadline(signals, parts.limits.connectMs, 'connect_failed')
    await within(deadline, (signal) => greet(parent, destination, { stream, signal }))
    return stream
  } catch (error) {
    socket.destroy()
    throw error
  }
}

async function overTls(socket: Duplex, { host, port }: Parent, step: Step): Promise<Duplex> {
  const wish = { host, port, alpn: ['http/1.1'], peer: 'parent' } as const
  const stream = await startTls(socket, wish, step)
  stream.on('error', () => undefined)
  return stream
}

function greet(
  parent: Parent,
  { host, port }: Destination,
  { stream, signal }: { readonly stream: Duplex; readonly signal: AbortSignal },
): Promise<void> {
  if (parent.kind === 'socks5') {
    return socksTunnel(stream, { host, port, login: parent.login() }, signal)
  }
  const authorization = parent.authorization()
  return httpTunnel(stream, { authority: authorityOf(host, port), authorization }, signal)
}

/**
 * A verified TLS connection over an open one, which is destroyed when the handshake fails.
 *
 * @throws RefusalError `tls_failed`
 */
export async function startTls(
  socket: Duplex,
  wish: Omit<TlsWish, 'signal'>,
  { parts, signals }: Step,
): Promise<TLSSocket> {
  const deadline = new Deadline(signals, parts.limits.tlsMs, 'tls_failed')
  try {
    return await within(deadline, (signal) => parts.connectTls(socket, { ...wish, signal }))
  } catch (error) {
    socket.destroy()
    if (error instanceof RefusalError) throw error
    throw dialRefusal('tls_failed', errorWord(error))
  }
}

function isAddress(host: string): boolean {
  const read = canonicalHost(host)
  return 'host' in read && read.literal
}
