// The peer, in a process of its own: it keeps one configuration per process, and may refuse to run as
// root. Told over IPC what to run; answers with the milliseconds that it took.
import { SandboxManager } from '@anthropic-ai/sandbox-runtime'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { PeerAnswer, PeerRequest } from './peer.ts'

/** Memory that makes this process as large as a real host; kept so that it stays resident. */
const ballast: Buffer[] = []

async function initialize(folder: string): Promise<void> {
  await SandboxManager.initialize({
    network: { allowedDomains: [], deniedDomains: [] },
    filesystem: { denyRead: [], allowWrite: [folder], denyWrite: [] },
  })
  await SandboxManager.waitForNetworkInitialization()
}

async function run(command: string, folder: string): Promise<number> {
  const from = performance.now()
  const wrapped = await SandboxManager.wrapWithSandbox(command)
  const child = spawn(wrapped, { shell: true, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  let bytes = 0
  let complaint = ''
  child.stdout.on('data', (chunk: Buffer) => (bytes += chunk.length))
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  SandboxManager.cleanupAfterCommand()
  if (code !== 0) throw new Error(`exit code ${code}: ${complaint.trim().slice(-300)}`)
  return performance.now() - from
}

async function answer(request: PeerRequest): Promise<number> {
  switch (request.kind) {
    case 'initialize':
      await initialize(request.folder)
      return 0
    case 'grow':
      ballast.push(Buffer.alloc(request.bytes, 1))
      return 0
    case 'run':
      return run(request.command, request.folder)
  }
}

async function serve(request: PeerRequest): Promise<void> {
  const reply = (message: PeerAnswer) => process.send?.(message)
  try {
    reply({ milliseconds: await answer(request) })
  } catch (error) {
    reply({ failure: error instanceof Error ? error.message : String(error) })
  }
}

process.on('message', (request: PeerRequest) => void serve(request))
process.on('disconnect', () => void SandboxManager.reset().finally(() => process.exit(0)))
