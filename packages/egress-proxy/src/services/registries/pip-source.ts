import { askFirst, type ToolOptions, type ToolQuestion, unknown } from './tool-question.ts'

/** What pip is configured to install from. */
export interface PipIndexes {
  /** Addresses of indexes, the one that is asked first in front. */
  readonly indexes: readonly string[]
  /** Where the files of pip's own default index lie; empty when that is not in use. */
  readonly files: readonly string[]
}

const question: ToolQuestion = {
  kind: 'pypi-index',
  instead: "services.pypi.install({ index: 'https://…/simple', files: ['https://…/packages'] })",
}
/** What pip knows of its default index. `-I` keeps the folder and variables of Python out of it. */
const defaults =
  'from pip._internal.models.index import PyPI; print(PyPI.simple_url); print(PyPI.file_storage_domain)'
/** As `pip install` would take them; `:env:` stands for variables. */
const setting = /^(?::env:|global|install)\.(index-url|extra-index-url|no-index)='?([^']*)'?$/

/**
 * What `pip config list` says, and pip's own default where it names no index.
 *
 * @throws RegistryUnknown
 */
export async function pipIndexes(options: ToolOptions): Promise<PipIndexes> {
  const programs = ['pip', 'pip3'].map((name) => [name, 'config', 'list'])
  const text = await askFirst(programs, question, options)
  const settings = readSettings(text)
  const extra = settings.get('extra-index-url') ?? []
  const [configured] = settings.get('index-url') ?? []
  if (configured !== undefined) return { indexes: [configured, ...extra], files: [] }
  if (switchedOn(settings.get('no-index'))) return { indexes: extra, files: [] }
  const own = await ownDefault(options)
  return { indexes: [own.index, ...extra], files: [`https://${own.files}/packages`] }
}

/** Settings of a command (`install.index-url`) and of a variable (`:env:.index-url`) come before general ones. */
function readSettings(text: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>()
  const order = (line: string): number =>
    line.startsWith(':env:') ? 0 : line.startsWith('global.') ? 2 : 1
  const lines = text.split('\n').toSorted((a, b) => order(a) - order(b))
  for (const line of lines) {
    const [, name, value] = setting.exec(line.trim()) ?? []
    if (name === undefined || value === undefined || found.has(name)) continue
    // Python prints a line feed in a text as an escape.
    const parts = value.split(/\s|\\n/).filter((one) => one !== '' && !one.startsWith('file:'))
    found.set(name, parts)
  }
  return found
}

function switchedOn(value: readonly string[] | undefined): boolean {
  return ['1', 'true', 'yes', 'on', 't', 'y'].includes(value?.[0]?.toLowerCase() ?? '')
}

async function ownDefault(
  options: ToolOptions,
): Promise<{ readonly index: string; readonly files: string }> {
  const programs = ['python3', 'python'].map((name) => [name, '-I', '-c', defaults])
  const [index = '', files = ''] = (await askFirst(programs, question, options)).split('\n')
  if (URL.canParse(index) && /^[a-z0-9.-]+$/.test(files)) return { index, files }
  throw unknown(question, 'this pip does not tell its default index')
}
