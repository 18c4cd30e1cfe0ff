// mockttp as a proxy that passes every request through, without keeping a record of them.
import { readFileSync } from 'node:fs'
import { getLocal } from 'mockttp'
import { ready, served } from './serve.ts'

const { originAuthority, proxyAuthority } = served()
const server = getLocal({
  https: { keyPath: proxyAuthority.key, certPath: proxyAuthority.certificate },
  http2: true,
  recordTraffic: false,
})
await server.start()
await server
  .forAnyRequest()
  .thenPassThrough({ additionalTrustedCAs: [{ cert: readFileSync(originAuthority, 'utf8') }] })
ready(server.port)
