import { createSandbox, type SandboxDriver } from '@caisson/core'

/** Knows which programs exist inside. */
export interface ToolCensus {
  /** Why a behaviour that needs these cannot run, or `null`. */
  reason(tools: readonly string[]): Promise<string | null>
}

/** Asks a sandbox with an empty policy, once for each program. */
export function createToolCensus(driver: SandboxDriver): ToolCensus {
  const known = new Map<string, Promise<boolean>>()
  const has = (tool: string): Promise<boolean> => {
    const answer = known.get(tool) ?? isInside(driver, tool)
    known.set(tool, answer)
    return answer
  }
  return {
    reason: async (tools) => {
      for (const tool of tools) if (!(await has(tool))) return `the sandbox has no ${tool}`
      return null
    },
  }
}

async function isInside(driver: SandboxDriver, tool: string): Promise<boolean> {
  const sandbox = await createSandbox({ driver, policy: {} })
  try {
    const script = 'command -v "$1"'
    return (await sandbox.exec(['/bin/sh', '-c', script, 'sh', tool])).exitCode === 0
  } finally {
    await sandbox.destroy()
  }
}
