import { askFirst, type ToolOptions, type ToolQuestion, unknown } from './tool-question.ts'

/** What npm is configured to install from. */
export interface NpmRegistries {
  readonly registry: string
  /** By scope: `@acme`. */
  readonly scoped: ReadonlyMap<string, string>
}

const question: ToolQuestion = {
  kind: 'npm-registry',
  instead: "services.npm.install({ registry: 'https://…' })",
  // Otherwise npm may look for a newer version of itself.
  variables: { npm_config_update_notifier: 'false' },
}
const scopeKey = /^(@[a-z0-9~][a-z0-9._~-]{0,213}):registry$/

/**
 * What `npm config list --json` says: npm's own default, and every file and variable that changes it, but for
 * the `.npmrc` of a project.
 *
 * @throws RegistryUnknown
 */
export async function npmRegistries(options: ToolOptions): Promise<NpmRegistries> {
  const text = await askFirst([['npm', 'config', 'list', '--json']], question, options)
  const config = readConfig(text)
  const registry = config.get('registry')
  if (registry === undefined) throw unknown(question, '`npm` names no registry')
  const scoped = new Map<string, string>()
  for (const [key, value] of config) {
    const scope = scopeKey.exec(key)?.[1]
    if (scope !== undefined) scoped.set(scope, value)
  }
  return { registry, scoped }
}

function readConfig(text: string): ReadonlyMap<string, string> {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw unknown(question, 'what `npm` printed is no JSON')
  }
  if (typeof parsed !== 'object' || parsed === null) return new Map()
  return new Map(
    Object.entries(parsed).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  )
}
