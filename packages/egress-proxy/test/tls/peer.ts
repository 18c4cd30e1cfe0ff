import type { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import type { Authority } from '../../dist/tls/authority.js'
import { terminateTls } from '../../dist/tls/terminate-listen.js'
import { socketPair } from './loopback.ts'

/** What a client that trusts the authority sees of a server for this host. */
export async function peerOf(
  authority: Authority,
  host: string,
): Promise<{ certificate: X509Certificate }> {
  const { client, server } = await socketPair()
  const terminated = terminateTls(server, {
    authority,
    host,
    alpn: ['http/1.1'],
    limits: { tlsMs: 5000 },
    first: null,
    signal: new AbortController().signal,
  })
  const socket: TLSSocket = connect({
    socket: client,
    servername: host,
    ca: authority.certificatePem,
  })
  try {
    await Promise.all([once(socket, 'secureConnect'), terminated])
    const certificate = socket.getPeerX509Certificate()
    if (certificate === undefined) throw new Error('the server has no certificate')
    return { certificate }
  } finally {
    socket.destroy()
    server.destroy()
  }
}
