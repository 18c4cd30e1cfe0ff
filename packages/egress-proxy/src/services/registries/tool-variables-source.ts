/** Variables, by name. */
export type Variables = Readonly<Record<string, string | undefined>>

/** What a tool needs to be found, to find its files, and to print what can be read. */
const always: ReadonlySet<string> = new Set([
  'APT_CONFIG',
  'HOME',
  'LANG',
  'LC_ALL',
  'LOGNAME',
  'PATH',
  'TMPDIR',
  'USER',
  'VIRTUAL_ENV',
  'XDG_CONFIG_DIRS',
  'XDG_CONFIG_HOME',
])
/** What configures the tools themselves. */
const prefixes: readonly string[] = [
  'ASDF_',
  'CARGO_',
  'GEM',
  'GO',
  'NPM_CONFIG_',
  'NVM_',
  'PIP_',
  'PYENV_',
  'RBENV_',
  'RUSTUP_',
  'npm_config_',
]

/** The variables of this process. */
export function ownVariables(): Variables {
  return process.env
}

/**
 * What a tool is told of the host's variables: what configures it, and nothing else. Keys and tokens of other
 * programs are not its business.
 */
export function toolVariables(all: Variables): Readonly<Record<string, string>> {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(all)) {
    if (value === undefined) continue
    if (always.has(name) || prefixes.some((prefix) => name.startsWith(prefix))) kept[name] = value
  }
  return kept
}
