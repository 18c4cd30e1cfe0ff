import { trustVariables } from './trust-variables.ts'

/** Variables that the sandbox sets itself. */
const own: readonly string[] = [
  'HOME',
  'LANG',
  'LOGNAME',
  'PATH',
  'SHELL',
  'TERM',
  'TMPDIR',
  'USER',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'ALL_PROXY',
  'NO_PROXY',
  'NODE_USE_ENV_PROXY',
]

/** Variables that programs run, load or search something by: a made-up text there does harm. */
const steering: readonly string[] = [
  'BASH_ENV',
  'ENV',
  'GCONV_PATH',
  'IFS',
  'JAVA_TOOL_OPTIONS',
  'NODE_OPTIONS',
  'NODE_PATH',
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'PERL5LIB',
  'PERL5OPT',
  'PROMPT_COMMAND',
  'PS4',
  'PYTHONHOME',
  'PYTHONPATH',
  'PYTHONSTARTUP',
  'RUBYLIB',
  'RUBYOPT',
  'SHELLOPTS',
  'BASHOPTS',
  'SSL_CERT_DIR',
]

/** Beginnings of names: the dynamic loader's, bash's exported functions, and settings of git. */
const prefixes: readonly string[] = [
  'LD_',
  'DYLD_',
  'BASH_FUNC_',
  'GIT_CONFIG',
  'GIT_SSL',
  'GLIBC_',
]

const reserved: ReadonlySet<string> = new Set(
  [...own, ...steering, ...trustVariables.map(({ name }) => name)].map((name) =>
    name.toUpperCase(),
  ),
)

/** Whether a variable has a meaning of its own, so that no dummy and no canary can be put there. */
export function isReservedVariable(name: string): boolean {
  const word = name.toUpperCase()
  return reserved.has(word) || prefixes.some((prefix) => word.startsWith(prefix))
}
