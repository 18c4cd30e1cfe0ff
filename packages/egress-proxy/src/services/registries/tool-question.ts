import type { RegistryKind } from '../../auditor/registry-kind.ts'
import { askTool, type ToolAnswer } from './ask-tool-launch.ts'
import { RegistryUnknown } from './registry-unknown.ts'
import { ownVariables, toolVariables, type Variables } from './tool-variables-source.ts'

/** How tools are found and configured. */
export interface ToolOptions {
  /**
   * The variables by which a tool is found (`PATH`) and configured (`npm_config_registry`, `PIP_INDEX_URL`,
   * `GOPROXY` …). Default: those of this process. Only such variables reach it.
   */
  readonly environment?: Variables | undefined
}

/** A tool that is asked about a registry. */
export interface ToolQuestion {
  readonly kind: RegistryKind
  /** How the address is named by hand: `services.npm.install({ registry: … })`. */
  readonly instead: string
  /** Added to what configures the tool. */
  readonly variables?: Readonly<Record<string, string>> | undefined
}

/** Asks the programs one after the other, until one is there. */
export async function askFirst(
  programs: readonly (readonly string[])[],
  question: ToolQuestion,
  { environment = ownVariables() }: ToolOptions,
): Promise<string> {
  const variables = { ...toolVariables(environment), ...question.variables }
  for (const argv of programs) {
    const answer = await askTool(argv, variables)
    if (answer.kind !== 'missing') return textOf(answer, argv[0] ?? '', question)
  }
  const names = programs.map(([name]) => `\`${name ?? ''}\``)
  throw unknown(question, `${[...new Set(names)].join(' or ')} is not installed here`)
}

function textOf(answer: ToolAnswer, program: string, question: ToolQuestion): string {
  if (answer.kind === 'answer') return answer.text
  throw unknown(question, `\`${program}\` ${answer.kind === 'failed' ? answer.why : 'is missing'}`)
}

/** The error for an address that a tool does not tell. */
export function unknown({ kind, instead }: ToolQuestion, why: string): RegistryUnknown {
  return new RegistryUnknown(
    kind,
    `The address of the registry (${kind}) cannot be read from the configuration here: ${why}. Name it: ${instead}.`,
  )
}
