import { askFirst, type ToolOptions, type ToolQuestion, unknown } from './tool-question.ts'

const question: ToolQuestion = {
  kind: 'rubygems',
  instead: "services.rubygems.install({ sources: ['https://…'] })",
}

/**
 * What `gem sources --list` says.
 *
 * @throws RegistryUnknown
 */
export async function gemSources(options: ToolOptions): Promise<readonly string[]> {
  const text = await askFirst([['gem', 'sources', '--list']], question, options)
  const found = text.split('\n').map((line) => line.trim())
  const sources = found.filter((line) => line.startsWith('https:') || line.startsWith('http:'))
  if (sources.length === 0) throw unknown(question, '`gem` names no source')
  return sources
}
