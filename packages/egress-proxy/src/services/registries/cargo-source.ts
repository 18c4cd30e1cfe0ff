import { readdir, readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { askFirst, type ToolOptions, type ToolQuestion, unknown } from './tool-question.ts'
import { ownVariables } from './tool-variables-source.ts'

/** What Cargo is configured to fetch from. */
export interface CargoRegistry {
  /** Address of the sparse index. */
  readonly index: string
  /** Address of the files, as the index gives it (`dl`); `null` when Cargo has not seen it yet. */
  readonly downloads: string | null
}

type Tables = Readonly<Record<string, unknown>>

const question: ToolQuestion = {
  kind: 'crates',
  instead: "services.crates.fetch({ index: 'https://…', downloads: 'https://…' })",
  // `cargo config` is marked unstable, and answers a stable Cargo only with this.
  variables: { RUSTC_BOOTSTRAP: '1' },
}
const longestConfig = 65_536
const mostHops = 8

/**
 * The source that stands for `crates-io` in Cargo's configuration, or the index of which Cargo keeps a
 * copy: the address of its default is nowhere in the configuration.
 *
 * @throws RegistryUnknown
 */
export async function cargoRegistry(options: ToolOptions): Promise<CargoRegistry> {
  const argv = ['cargo', '-Zunstable-options', 'config', 'get', '--format', 'json']
  const config = tableOf(readJson(await askFirst([argv], question, options)))
  const replaced = replacement(tableOf(config['source']), tableOf(config['registries']))
  const kept = await keptIndexes(options)
  if (replaced === undefined) {
    const named = namedHosts(config)
    const [only, ...others] = kept.filter(({ index }) => !named.has(new URL(index).hostname))
    if (only !== undefined && others.length === 0) return only
    throw unknown(question, 'Cargo has no copy of one index that would tell it')
  }
  const host = URL.canParse(replaced) ? new URL(replaced).hostname : ''
  const downloads = kept.find(({ index }) => new URL(index).hostname === host)?.downloads ?? null
  return { index: replaced, downloads }
}

/** Follows `replace-with` from `crates-io` to what has an address. */
function replacement(sources: Tables, registries: Tables): string | undefined {
  let name = 'crates-io'
  for (let hop = 0; hop < mostHops; hop += 1) {
    const source = tableOf(sources[name])
    const next = source['replace-with']
    if (typeof next !== 'string') return addressOf(source['registry'], name)
    name = next
    const registry = tableOf(registries[name])
    if (sources[name] === undefined) return addressOf(registry['index'], name)
  }
  throw unknown(question, 'its sources replace one another without end')
}

function addressOf(value: unknown, name: string): string | undefined {
  if (value === undefined && name === 'crates-io') return undefined
  if (typeof value === 'string' && value.startsWith('sparse+')) return value.slice('sparse+'.length)
  throw unknown(question, 'the source in use is no sparse index, which is what can be judged')
}

/** Hosts of registries that stand beside `crates-io`. */
function namedHosts(config: Tables): ReadonlySet<string> {
  const tables = [tableOf(config['registries']), tableOf(config['source'])]
  const addresses = tables
    .flatMap((one) => Object.values(one).map(tableOf))
    .flatMap(({ index, registry }) => [index, registry])
    .filter((one) => typeof one === 'string')
    .map((one) => one.replace(/^sparse\+/, ''))
  return new Set(addresses.filter((one) => URL.canParse(one)).map((one) => new URL(one).hostname))
}

/** Below `registry/index`, Cargo keeps a folder for each index: the host's name, and a hash. */
async function keptIndexes({
  environment = ownVariables(),
}: ToolOptions): Promise<readonly CargoRegistry[]> {
  const home = environment['CARGO_HOME'] ?? join(environment['HOME'] ?? homedir(), '.cargo')
  const folder = join(home, 'registry', 'index')
  const names = await readdir(folder).catch(() => [])
  const found = await Promise.all(
    names.slice(0, 64).map(async (name): Promise<CargoRegistry | null> => {
      const host = /^([a-z0-9.-]+)-[0-9a-f]{16}$/.exec(name)?.[1]
      if (host === undefined) return null
      // An index that git keeps has no such file: it is not asked over HTTP.
      const downloads = await downloadsIn(join(folder, name))
      return downloads === null ? null : { index: `https://${host}`, downloads }
    }),
  )
  return found.filter((one) => one !== null)
}

async function downloadsIn(folder: string): Promise<string | null> {
  const text = await readFile(join(folder, 'config.json'), 'utf8').catch(() => '')
  if (text === '' || text.length > longestConfig) return null
  const address = tableOf(readJson(text))['dl']
  return typeof address === 'string' ? address : null
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw unknown(question, 'what Cargo says is no JSON')
  }
}

function tableOf(value: unknown): Tables {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
