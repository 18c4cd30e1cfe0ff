import { askFirst, type ToolOptions, type ToolQuestion, unknown } from './tool-question.ts'

/** What Go is configured to fetch modules from. */
export interface GoProxies {
  /** Addresses of module mirrors, in order. `direct` and `off` are left out. */
  readonly proxies: readonly string[]
  /** The checksum database: its name, and its address; `null` when it is off. */
  readonly sumdb: { readonly name: string; readonly address: string } | null
}

const question: ToolQuestion = {
  kind: 'go-module-proxy',
  instead: "services.goModules.fetch({ proxy: 'https://…', sumdb: 'https://…' })",
  // Otherwise a `go.mod` or the environment may have another toolchain fetched and run.
  variables: { GOTOOLCHAIN: 'local', GOFLAGS: '' },
}

/**
 * What `go env` says.
 *
 * @throws RegistryUnknown
 */
export async function goProxies(options: ToolOptions): Promise<GoProxies> {
  const argv = ['go', 'env', 'GOPROXY', 'GOSUMDB']
  const [proxy = '', sumdb = ''] = (await askFirst([argv], question, options)).split('\n')
  const proxies = proxy
    .split(/[,|]/)
    .map((one) => one.trim())
    .filter((one) => one.startsWith('https:') || one.startsWith('http:'))
  if (proxies.length === 0) throw unknown(question, 'GOPROXY names no mirror')
  return { proxies, sumdb: sumdbOf(sumdb.trim()) }
}

/** `off`; or a name; or a name, a key behind `+`, and possibly an address behind a blank (`go help environment`). */
function sumdbOf(text: string): GoProxies['sumdb'] {
  if (text === '' || text === 'off') return null
  const [key = '', address] = text.split(/\s+/)
  const name = key.split('+')[0] ?? ''
  if (!/^[a-z0-9.-]+$/.test(name)) throw unknown(question, 'GOSUMDB is of no known form')
  return { name, address: address ?? `https://${name}` }
}
