// sandbox-runtime's own proxy, as it runs beside its sandboxes.
import { SandboxManager } from '@anthropic-ai/sandbox-runtime'
import { basic, ready, served } from './serve.ts'

const { role, folder, proxyAuthority } = served()
const { certificate: caCertPath, key: caKeyPath } = proxyAuthority
await SandboxManager.initialize({
  network: {
    allowedDomains: ['localhost'],
    deniedDomains: [],
    ...(role === 'intercept' ? { tlsTerminate: { caCertPath, caKeyPath } } : {}),
  },
  filesystem: { denyRead: [], allowWrite: [folder], denyWrite: [] },
})
await SandboxManager.waitForNetworkInitialization()
const port = SandboxManager.getProxyPort()
if (port === undefined) throw new Error('it has no proxy')
const token = SandboxManager.getProxyAuthToken()
ready(port, token === undefined ? '' : basic('srt', token))
process.on('SIGTERM', () => void SandboxManager.reset().finally(() => process.exit(0)))
