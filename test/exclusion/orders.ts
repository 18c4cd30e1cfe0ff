import type { Search } from './search.ts'

/** What the host program is told on its standard input, beside its environment and its files. */
export interface Orders {
  readonly isolate: 'none' | 'process'
  readonly home: string
  /** Folder of the program that searches. */
  readonly programs: string
  readonly trust: string
  readonly originPort: number
  readonly tokenPort: number
  readonly auditPath: string
  readonly socketPath: string
  readonly abstractName: string
  /** Secrets that the host application has from nowhere else. */
  readonly held: {
    readonly unixSocket: string
    readonly abstractSocket: string
    readonly tcpServer: string
    readonly keyring: string
    readonly sharedMemory: string
    readonly static: string
    readonly provider: string
    readonly refusedPolicy: string
    readonly providerError: string
  }
  readonly failingFile: string
  readonly paths: readonly string[]
}

export type { Search }

/** Where something was read by the host itself. */
export const proof = 'read by the host'
