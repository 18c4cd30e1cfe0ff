import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

/** Things of the host that no sandbox may reach; none of them is real. */
export interface PlantedSecrets extends AsyncDisposable {
  /** A private key, outside the project. */
  readonly keyFile: string
  /** A variable of this process. */
  readonly variable: string
  /** An HTTP server of this machine. */
  readonly url: string
}

/** Plants a key file below `folder`, a variable in this process, and a server on loopback. */
export async function plantSecrets(folder: string): Promise<PlantedSecrets> {
  const keyFile = join(folder, '.ssh', 'id_ed25519')
  mkdirSync(join(folder, '.ssh'), { mode: 0o700 })
  writeFileSync(keyFile, 'planted key\n', { mode: 0o600 })
  const variable = 'PLANTED_API_KEY'
  process.env[variable] = 'planted-value'
  const server = createServer((_request, response) => response.end('internal service\n'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    keyFile,
    variable,
    url: `http://127.0.0.1:${port}/`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
