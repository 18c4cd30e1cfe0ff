import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { SandboxContext } from './context.ts'
import type { ForwardOptions, PortForward } from './ports.ts'

const loopback: readonly string[] = ['127.0.0.1', '::1', 'localhost']
/** A forward is for a developer's browser or a test, not for the public. */
const mostConnections = 512

/** Carries bytes both ways until both are done; when either fails, both end. */
function join(outside: Socket, inside: Duplex): void {
  const cut = (): void => {
    outside.destroy()
    inside.destroy()
  }
  outside.on('error', cut).on('close', cut)
  inside.on('error', cut).on('close', cut)
  outside.pipe(inside)
  inside.pipe(outside)
}

async function carry(context: SandboxContext, port: number, outside: Socket): Promise<void> {
  outside.on('error', () => outside.destroy())
  try {
    const inside = await context.lifeline.during(() => context.session.connect(port))
    if (outside.destroyed) inside.destroy()
    else join(outside, inside)
  } catch {
    // Nothing listens inside (yet), or the sandbox is over: the caller sees its connection reset.
    outside.resetAndDestroy()
  }
}

function closing(server: Server, open: ReadonlySet<Socket>): () => Promise<void> {
  let closed: Promise<void> | null = null
  return () => {
    closed ??= new Promise<void>((resolve) => {
      server.close(() => resolve())
      for (const socket of open) socket.destroy()
    })
    return closed
  }
}

/** Listens on the host's loopback for one port inside. */
export async function listenForward(
  context: SandboxContext,
  port: number,
  options: ForwardOptions,
): Promise<PortForward> {
  const host = options.host ?? '127.0.0.1'
  if (!loopback.includes(host))
    throw new TypeError(`a port is forwarded to loopback only, not to ${host}`)
  const open = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    void carry(context, port, socket)
  })
  server.maxConnections = mostConnections
  server.listen({ host, port: options.hostPort ?? 0, exclusive: true })
  await once(server, 'listening')
  const close = closing(server, open)
  const address = server.address()
  if (address === null || typeof address === 'string') {
    await close()
    throw new TypeError('the listener has no port')
  }
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return {
    url: `http://${name}:${address.port}`,
    host: address.address,
    port: address.port,
    close,
    [Symbol.asyncDispose]: close,
  }
}
