import type {
  Capabilities,
  Denial,
  EnforcementReport,
  OverlayChange,
  Policy,
  SandboxDriver,
  TerminalSize,
  Usage,
} from '@caisson/core'
export interface ExecOptions {
  cwd?: string
  env?: Record<string, string>
  stdin?: string | Uint8Array
  timeoutMs?: number
  signal?: AbortSignal
  maxOutputBytes?: number
  stderr?: 'pipe' | 'merge'
  terminal?: TerminalSize
}
export interface ExecResult {
  exitCode: number | null
  signal: string | null
  stdout: string
  stderr: string
  output: string
  truncated: boolean
  timedOut: boolean
  aborted: boolean
  limit: string | null
  durationMs: number
  denials: readonly Denial[]
}
export interface SandboxProcess {
  id: string
  stdin: WritableStream<Uint8Array>
  stdout: ReadableStream<Uint8Array>
  stderr: ReadableStream<Uint8Array>
  wait(): Promise<ExecResult>
  kill(signal?: string): Promise<void>
  resize(size: TerminalSize): void
}
export interface Sandbox {
  id: string
  policy: Policy
  capabilities: Capabilities
  enforcement: EnforcementReport
  exec(command: string | readonly string[], options?: ExecOptions): Promise<ExecResult>
  spawn(
    command: string | readonly string[],
    options?: Omit<ExecOptions, 'stdin'> & { stdin?: 'pipe' | 'none' },
  ): Promise<SandboxProcess>
  processes: { list(): Promise<readonly { id: string }[]> }
  fs: {
    readFile(path: string): Promise<Uint8Array>
    writeFile(path: string, data: string | Uint8Array): Promise<void>
    appendFile(path: string, data: string | Uint8Array): Promise<void>
    readdir(path: string): Promise<string[]>
    rm(path: string, options?: { recursive?: boolean }): Promise<void>
    mkdir(path: string, options?: { recursive?: boolean }): Promise<void>
    stat(path: string): Promise<{ size: number }>
    exists(path: string): Promise<boolean>
    download(path: string): AsyncIterable<Uint8Array>
    upload(path: string, tar: AsyncIterable<Uint8Array>): Promise<void>
  }
  ports: {
    forward(port: number): Promise<{ port: number }>
    waitFor(port: number): Promise<void>
    list(): Promise<number[]>
  }
  changes(): Promise<readonly (OverlayChange & { mount: string })[]>
  commit(filter?: (change: OverlayChange) => boolean): Promise<unknown>
  discard(): Promise<void>
  on(name: string, listener: (event: unknown) => void): () => void
  usage(): Promise<Usage>
  destroy(): Promise<void>
}
export declare function createSandbox(options: {
  driver: SandboxDriver
  policy: Policy
  signal?: AbortSignal | undefined
  allowWeaker?: readonly string[]
}): Promise<Sandbox>
