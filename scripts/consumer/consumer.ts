// A program as a user writes it, compiled against the packed packages by check-packages.mjs.
import { bubblewrap, createSandbox } from '@caisson/bubblewrap'
import { SandboxError, type Policy, type Sandbox } from '@caisson/core'

const policy: Policy = { filesystem: { mounts: [{ source: '.', access: 'overlay' }] } }

export async function firstLine(): Promise<string> {
  await using sandbox: Sandbox = await createSandbox({ policy })
  const result = await sandbox.exec('echo hello', { timeoutMs: 1000 })
  return result.stdout
}

const probe = await bubblewrap().probe()
if (typeof probe.available !== 'boolean') throw new SandboxError('DRIVER_UNAVAILABLE', 'no answer')
